"""Bad placement, DNS, probes and credentials."""

from typing import Final

from tests.integration.bad_vmi import NET, NIC, SSH, BadVmi, S

EXPRESSION = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
POD: Final = (
    BadVmi("K61 B34 hostname", {f"{S}.hostname": "A_b"}, f"{S}.hostname"),
    BadVmi("K61 B34 subdomain", {f"{S}.subdomain": "x.y_"}, f"{S}.subdomain"),
    BadVmi("K62 B39 DNS policy None", {f"{S}.dnsPolicy": "None"}, f"{S}.dnsPolicy"),
    BadVmi(
        "K62 B39 four name servers",
        {f"{S}.dnsConfig": {"nameservers": [f"10.0.0.{number}" for number in range(4)]}},
        f"{S}.dnsConfig.nameservers",
        cause="FieldValueTooMany",
    ),
    BadVmi(
        "K62 seven search domains",
        {f"{S}.dnsConfig": {"searches": ["a"] * 7}},
        f"{S}.dnsConfig.searches",
        cause="FieldValueTooMany",
    ),
    BadVmi(
        "K62 DNS policy",
        {f"{S}.dnsPolicy": "Foo"},
        f"{S}.dnsPolicy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "name server by name",
        {f"{S}.dnsConfig": {"nameservers": ["dns.example"]}},
        f"{S}.dnsConfig.nameservers",
    ),
    BadVmi(
        "K63 B35 probe without a handler",
        {f"{S}.livenessProbe": {"periodSeconds": 5}},
        f"{S}.livenessProbe",
    ),
    BadVmi(
        "K63 B35 probe with two handlers",
        {f"{S}.readinessProbe": {"tcpSocket": {"port": 1}, "guestAgentPing": {}}},
        f"{S}.readinessProbe",
    ),
    BadVmi(
        "K63 probe by HTTP without the pod network",
        {
            f"{S}.readinessProbe": {"httpGet": {"port": 80}},
            f"{NIC}.0": {"name": "default", "bridge": {}},
            f"{NET}.0": {"name": "default", "multus": {"networkName": "n"}},
        },
        f"{S}.readinessProbe",
    ),
    BadVmi(
        "B35 negative period",
        {f"{S}.livenessProbe": {"guestAgentPing": {}, "periodSeconds": -1}},
        f"{S}.livenessProbe.periodSeconds",
    ),
    BadVmi(
        "K64 B36 start strategy",
        {f"{S}.startStrategy": "Foo"},
        f"{S}.startStrategy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K64 paused with a liveness probe",
        {f"{S}.startStrategy": "Paused", f"{S}.livenessProbe": {"guestAgentPing": {}}},
        f"{S}.startStrategy",
    ),
    BadVmi(
        "K65 B36 eviction strategy",
        {f"{S}.evictionStrategy": "Foo"},
        f"{S}.evictionStrategy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "negative grace period",
        {f"{S}.terminationGracePeriodSeconds": -1},
        f"{S}.terminationGracePeriodSeconds",
    ),
    BadVmi(
        "architecture",
        {f"{S}.architecture": "pdp11"},
        f"{S}.architecture",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K71 credentials of no kind", {f"{S}.accessCredentials": [{}]}, f"{S}.accessCredentials[0]"
    ),
    BadVmi(
        "K71 credentials without their volume",
        {
            f"{S}.accessCredentials": [
                {"sshPublicKey": {**SSH, "propagationMethod": {"configDrive": {}}}}
            ]
        },
        f"{S}.accessCredentials",
        f"{S}.accessCredentials[0].sshPublicKey.propagationMethod",
    ),
    BadVmi(
        "K71 credentials for nobody",
        {
            f"{S}.accessCredentials": [
                {"sshPublicKey": {**SSH, "propagationMethod": {"qemuGuestAgent": {}}}}
            ]
        },
        f"{S}.accessCredentials[0].sshPublicKey.propagationMethod.qemuGuestAgent.users",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "B38 affinity without terms",
        {EXPRESSION: {"nodeSelectorTerms": []}},
        f"{EXPRESSION}.nodeSelectorTerms",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "B38 affinity with an operator without values",
        {
            EXPRESSION: {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]
            }
        },
        f"{EXPRESSION}.nodeSelectorTerms[0].matchExpressions[0].values",
    ),
    BadVmi(
        "B38 operator of affinity",
        {
            EXPRESSION: {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Near"}]}]
            }
        },
        f"{EXPRESSION}.nodeSelectorTerms[0].matchExpressions[0].operator",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "B38 spread without a key",
        {
            f"{S}.topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "", "whenUnsatisfiable": "DoNotSchedule"}
            ]
        },
        f"{S}.topologySpreadConstraints[0].topologyKey",
    ),
    BadVmi(
        "B38 spread of 0",
        {
            f"{S}.topologySpreadConstraints": [
                {"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
            ]
        },
        f"{S}.topologySpreadConstraints[0].maxSkew",
    ),
    BadVmi(
        "B38 toleration of Exists with a value",
        {f"{S}.tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
        f"{S}.tolerations[0].value",
    ),
    BadVmi(
        "value of a nodeSelector",
        {f"{S}.nodeSelector": {"disk": "not a label"}},
        f"{S}.nodeSelector.disk",
        f"{S}.nodeSelector[disk]",
    ),
)
