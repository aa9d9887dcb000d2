"""What the handler measures: its node's VMs, and its own work."""

from collections import Counter as CountOf
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter, Gauge
from prometheus_client.core import GaugeMetricFamily

REQUESTS: Final = Counter(
    "virtpod_handler_api_requests", "Requests to the API server", ("verb", "resource", "code")
)
STATUS_WRITES: Final = Counter(
    "virtpod_handler_status_writes", "Status patches of VirtualMachineInstances", ("result",)
)
VERBS: Final = Counter("virtpod_handler_verbs", "Calls of the gateway", ("verb", "code"))
CONNECTS: Final = Counter("virtpod_handler_launcher_connects", "Connections made to launchers")
KVM_USABLE: Final = Gauge("virtpod_handler_kvm_usable", "1 when the KVM probe's guest ran")


@dataclass(frozen=True, slots=True)
class VmiLine:
    """One VM of this node."""

    namespace: str
    name: str
    phase: str
    connected: bool


class VmiCollector:
    """Gauges of this node's VMs, read from the reporter when Prometheus asks."""

    def __init__(self, node: str, list_vmis: Callable[[], Iterable[VmiLine]]) -> None:
        self._node = node
        self._list_vmis = list_vmis

    def collect(self) -> Iterable[GaugeMetricFamily]:
        lines = list(self._list_vmis())
        info = GaugeMetricFamily(
            "kubevirt_vmi_info",
            "A VirtualMachineInstance of this node",
            labels=("node", "namespace", "name", "phase"),
        )
        for line in lines:
            info.add_metric((self._node, line.namespace, line.name, line.phase), 1)
        yield info
        phases = GaugeMetricFamily(
            "kubevirt_vmi_phase_count",
            "VirtualMachineInstances of this node by phase",
            labels=("node", "phase"),
        )
        for phase, count in sorted(CountOf(line.phase for line in lines).items()):
            phases.add_metric((self._node, phase), count)
        yield phases
        connected = sum(line.connected for line in lines)
        yield GaugeMetricFamily(
            "virtpod_handler_launchers_connected", "Launchers that answer", connected
        )
