"""Rules on what the pod gets: placement, DNS, probes, credentials."""

import re
from typing import Final

from api.cause import CauseReason
from api.credential import (
    AccessCredential,
    AccessCredentialSource,
    PasswordPropagation,
    SSHAgentPropagation,
    SSHPropagation,
)
from api.meta import LabelSelectorRequirement
from api.placement import (
    NodeSelector,
    NodeSelectorRequirement,
    PodDNSConfig,
    PodResourceClaim,
    Probe,
    Toleration,
    TopologySpreadConstraint,
)
from api.rule import AnyRule, Rule, exactly_one
from api.rule_network import is_ip
from api.spec import VirtualMachineInstanceSpec


def _fits_operator(requirement: NodeSelectorRequirement | LabelSelectorRequirement) -> bool:
    match requirement.operator:
        case "In" | "NotIn":
            return bool(requirement.values)
        case "Exists" | "DoesNotExist":
            return not requirement.values
        case "Gt" | "Lt":
            value = requirement.values[0] if len(requirement.values) == 1 else ""
            return re.fullmatch("-?[0-9]+", value) is not None
    return True  # an unknown operator is told by its own bound


_CEL_VALUES = "(!has(self.values) || self.values.size() == 0)"
_CEL_NUMBER = "has(self.values) && self.values.size() == 1 && self.values[0].matches('^-?[0-9]+$')"
_OPERATOR_MESSAGE = "In and NotIn need values, Exists and DoesNotExist take none"

PLACEMENT_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        NodeSelectorRequirement,
        f"{_OPERATOR_MESSAGE}, Gt and Lt need one integer",
        f"self.operator in ['In', 'NotIn'] ? !{_CEL_VALUES} : "
        f"self.operator in ['Gt', 'Lt'] ? {_CEL_NUMBER} : {_CEL_VALUES}",
        _fits_operator,
        ".values",
    ),
    Rule(
        LabelSelectorRequirement,
        _OPERATOR_MESSAGE,
        f"self.operator in ['In', 'NotIn'] ? !{_CEL_VALUES} : {_CEL_VALUES}",
        _fits_operator,
        ".values",
    ),
    Rule(
        NodeSelector,
        "nodeSelectorTerms must not be empty",
        "self.nodeSelectorTerms.size() > 0",
        lambda selector: len(selector.node_selector_terms) > 0,
        ".nodeSelectorTerms",
        CauseReason.REQUIRED,
    ),
    Rule(
        Toleration,
        "the operator Exists takes no value",
        "self.?operator.orValue('') != 'Exists' || self.?value.orValue('') == ''",
        lambda toleration: toleration.operator != "Exists" or not toleration.value,
        ".value",
    ),
    Rule(
        Toleration,
        "without a key the operator must be Exists",
        "self.?key.orValue('') != '' || self.?operator.orValue('') == 'Exists'",
        lambda toleration: bool(toleration.key) or toleration.operator == "Exists",
        ".operator",
    ),
    Rule(
        Toleration,
        "tolerationSeconds need the effect NoExecute",
        "!has(self.tolerationSeconds) || self.?effect.orValue('') == 'NoExecute'",
        lambda toleration: (
            toleration.toleration_seconds is None or toleration.effect == "NoExecute"
        ),
        ".effect",
    ),
    Rule(
        TopologySpreadConstraint,
        "minDomains need DoNotSchedule",
        "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
        lambda constraint: (
            constraint.min_domains is None or constraint.when_unsatisfiable == "DoNotSchedule"
        ),
        ".minDomains",
    ),
    exactly_one(PodResourceClaim, "resource_claim_name", "resource_claim_template_name"),
)


def _names_server(spec: VirtualMachineInstanceSpec) -> bool:
    servers = spec.dns_config.nameservers if spec.dns_config else ()
    return spec.dns_policy != "None" or bool(servers)


SPEC_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        VirtualMachineInstanceSpec,
        "the policy None needs a name server in dnsConfig.nameservers",
        "self.?dnsPolicy.orValue('') != 'None' || "
        "has(self.dnsConfig) && has(self.dnsConfig.nameservers) && "
        "self.dnsConfig.nameservers.size() > 0",
        _names_server,
        ".dnsPolicy",
    ),
    Rule(
        VirtualMachineInstanceSpec,
        "a VM with a liveness probe cannot start paused",
        "!has(self.startStrategy) || !has(self.livenessProbe)",
        lambda spec: spec.start_strategy is None or spec.liveness_probe is None,
        ".startStrategy",
    ),
    Rule(
        VirtualMachineInstanceSpec,
        "a liveness probe's successThreshold must be 1",
        "self.?livenessProbe.?successThreshold.orValue(1) in [0, 1]",
        lambda spec: (
            spec.liveness_probe is None or spec.liveness_probe.success_threshold in {None, 0, 1}
        ),
        ".livenessProbe.successThreshold",
    ),
)

DNS_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        PodDNSConfig,
        "name servers must be IP addresses",
        "!has(self.nameservers) || self.nameservers.all(s, isIP(s))",
        lambda config: all(is_ip(server) for server in config.nameservers),
        ".nameservers",
    ),
    Rule(
        PodDNSConfig,
        "search domains must not exceed 256 characters together",
        "!has(self.searches) || self.searches.join(' ').size() <= 256",
        lambda config: len(" ".join(config.searches)) <= 256,
        ".searches",
    ),
)

CREDENTIAL_RULES: Final[tuple[AnyRule, ...]] = (
    exactly_one(Probe, "http_get", "tcp_socket", "exec", "guest_agent_ping"),
    exactly_one(AccessCredential, "ssh_public_key", "user_password"),
    exactly_one(AccessCredentialSource, "secret"),
    exactly_one(SSHPropagation, "config_drive", "no_cloud", "qemu_guest_agent"),
    exactly_one(PasswordPropagation, "qemu_guest_agent"),
    Rule(
        SSHAgentPropagation,
        "at least one user is required",
        "has(self.users) && self.users.size() > 0",
        lambda propagation: len(propagation.users) > 0,
        ".users",
        CauseReason.REQUIRED,
    ),
)

POD_RULES: Final[tuple[AnyRule, ...]] = (
    *PLACEMENT_RULES,
    *SPEC_RULES,
    *DNS_RULES,
    *CREDENTIAL_RULES,
)
