"""The controller's metrics; names are KubeVirt's where it has one."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY

from api.names import Phase, PrintableStatus
from controller.cache import Caches
from controller.worker import Worker
from kube.event import EventRecorder

LEADING = Gauge("kubevirt_virt_controller_leading_status", "1 while this replica leads.")
READY = Gauge("kubevirt_virt_controller_ready_status", "1 while this replica is ready.")


class StateCollector:
    """Tells what caches, queue and events hold at the moment of the scrape."""

    def __init__(self, caches: Caches, workers: tuple[Worker, ...], events: EventRecorder) -> None:
        self._caches = caches
        self._workers = workers
        self._events = events

    def collect(self) -> Iterable[Metric]:
        phases = GaugeMetricFamily(
            "kubevirt_vmi_phase_count", "VMIs by node and phase.", labels=["node", "phase"]
        )
        tally = Tally(
            (vmi.status.node_name or "", vmi.status.phase or Phase.PENDING)
            for vmi in self._caches.vmis
        )
        for (node, phase), count in sorted(tally.items()):
            phases.add_metric([node, phase.lower()], count)
        yield phases
        yield self._count_vms()
        depth = GaugeMetricFamily(
            "kubevirt_workqueue_depth", "Keys that wait for a worker.", labels=["name"]
        )
        for worker in self._workers:
            depth.add_metric([worker.name], len(worker.queue))
        yield depth
        yield GaugeMetricFamily(
            "virtpod_events_dropped", "Events dropped, too many waited.", self._events.dropped
        )

    def _count_vms(self) -> Metric:
        vms = GaugeMetricFamily(
            "kubevirt_number_of_vms",
            "VMs by namespace and printable status.",
            labels=["namespace", "printable_status"],
        )
        tally = Tally(
            (vm.metadata.namespace, vm.status.printable_status or PrintableStatus.STOPPED)
            for vm in self._caches.vms
        )
        for (namespace, status), count in sorted(tally.items()):
            vms.add_metric([namespace, str(status)], count)
        return vms


def register(caches: Caches, workers: tuple[Worker, ...], events: EventRecorder) -> None:
    """Have the process's state told at /metrics."""
    REGISTRY.register(StateCollector(caches, workers, events))
