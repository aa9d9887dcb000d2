"""Bad requests for memory and CPUs."""

from typing import Final

from tests.integration.bad_vmi import GONE, PAGES, BadVmi, D

RESOURCES: Final = (
    BadVmi("K1 B05 no memory", {f"{D}.memory": GONE}, f"{D}.memory.guest"),
    BadVmi(
        "K2 negative memory request",
        {f"{D}.resources": {"requests": {"memory": "-64Mi"}}},
        f"{D}.resources.requests[memory]",
        f"{D}.resources.requests.memory",
    ),
    BadVmi(
        "K3 memory request of 10k",
        {f"{D}.resources": {"requests": {"memory": "10k"}}},
        f"{D}.resources.requests[memory]",
        f"{D}.resources.requests.memory",
    ),
    BadVmi(
        "K4 negative memory limit",
        {f"{D}.resources": {"limits": {"memory": "-64Mi"}}},
        f"{D}.resources.limits[memory]",
        f"{D}.resources.limits.memory",
    ),
    BadVmi(
        "K5 B08 memory request above the limit",
        {f"{D}.resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}},
        f"{D}.resources.requests[memory]",
        f"{D}.resources.requests.memory",
    ),
    BadVmi(
        "K6 guest above the limit with staged rollout",
        {f"{D}.resources": {"limits": {"memory": "64Mi"}}},
        f"{D}.memory.guest",
        schema=False,
        settings={"vmRolloutStrategy": "Stage"},
    ),
    BadVmi("B06 memory 0", {f"{D}.memory.guest": 0}, f"{D}.memory.guest"),
    BadVmi("B06 memory negative", {f"{D}.memory.guest": "-1Gi"}, f"{D}.memory.guest"),
    BadVmi("B06 memory 1Ki", {f"{D}.memory.guest": "1Ki"}, f"{D}.memory.guest"),
    BadVmi("B07 memory 1Ei", {f"{D}.memory.guest": "1Ei"}, f"{D}.memory.guest"),
    BadVmi("B07 memory 2^63", {f"{D}.memory.guest": "9223372036854775808"}, f"{D}.memory.guest"),
    BadVmi("B07 memory is words", {f"{D}.memory.guest": "lots"}, f"{D}.memory.guest"),
    BadVmi(
        "K7 B10 hugepages of 3Gi",
        {f"{D}.memory": {"guest": "3Gi", "hugepages": {"pageSize": "3Gi"}}},
        f"{D}.memory.hugepages.pageSize",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K8 B10 less than a page",
        {f"{D}.memory": PAGES},
        f"{D}.resources.requests[memory]",
        f"{D}.resources.requests.memory",
    ),
    BadVmi(
        "K9 B08 negative cpu request",
        {f"{D}.resources": {"requests": {"cpu": "-1"}}},
        f"{D}.resources.requests[cpu]",
        f"{D}.resources.requests.cpu",
    ),
    BadVmi(
        "K10 B08 cpu request above the limit",
        {f"{D}.resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}}},
        f"{D}.resources.requests[cpu]",
        f"{D}.resources.requests.cpu",
    ),
    BadVmi(
        "K11 dedicated halves of CPUs",
        {
            f"{D}.cpu": {"dedicatedCpuPlacement": True},
            f"{D}.resources": {"requests": {"cpu": "500m"}},
        },
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K11 dedicated CPUs, request and limit differ",
        {
            f"{D}.cpu": {"dedicatedCpuPlacement": True},
            f"{D}.resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}},
        },
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K12 dedicated CPUs told twice",
        {
            f"{D}.cpu": {"cores": 2, "dedicatedCpuPlacement": True},
            f"{D}.resources": {"requests": {"cpu": 2}},
        },
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K13 dedicated CPUs, but how many",
        {f"{D}.cpu": {"dedicatedCpuPlacement": True}},
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K14 dedicated CPUs with 4 threads",
        {f"{D}.cpu": {"cores": 2, "threads": 4, "dedicatedCpuPlacement": True}},
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K15 isolated emulator without dedicated CPUs",
        {f"{D}.cpu.isolateEmulatorThread": True},
        f"{D}.cpu.isolateEmulatorThread",
    ),
    BadVmi(
        "K16 numa without dedicated CPUs",
        {f"{D}.cpu.numa": {"guestMappingPassthrough": {}}},
        f"{D}.cpu.numa.guestMappingPassthrough",
    ),
    BadVmi(
        "K17 realtime without dedicated CPUs",
        {f"{D}.cpu.realtime": {}},
        f"{D}.cpu.dedicatedCpuPlacement",
    ),
    BadVmi(
        "K18 more sockets than maxSockets",
        {f"{D}.cpu": {"sockets": 4, "maxSockets": 2}},
        f"{D}.cpu.sockets",
    ),
    BadVmi(
        "K19 B12 policy of a CPU feature",
        {f"{D}.cpu.features": [{"name": "vmx", "policy": "maybe"}]},
        f"{D}.cpu.features[0].policy",
        cause="FieldValueNotSupported",
    ),
    BadVmi("B09 0 cores", {f"{D}.cpu.cores": 0}, f"{D}.cpu.cores"),
    BadVmi("B09 -1 cores", {f"{D}.cpu.cores": -1}, f"{D}.cpu.cores"),
    BadVmi("B09 10^6 cores", {f"{D}.cpu.cores": 1000000}, f"{D}.cpu.cores"),
    BadVmi(
        "B09 too many vCPUs", {f"{D}.cpu": {"cores": 64, "sockets": 64, "threads": 2}}, f"{D}.cpu"
    ),
    BadVmi("B12 CPU model with blanks", {f"{D}.cpu.model": "no such cpu"}, f"{D}.cpu.model"),
    BadVmi(
        "B03 cores in words",
        {f"{D}.cpu.cores": "two"},
        f"{D}.cpu.cores",
        cause="FieldValueTypeInvalid",
    ),
    BadVmi("B01 no domain", {f"{D}": GONE}, f"{D}", cause="FieldValueRequired"),
)
