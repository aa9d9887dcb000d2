"""What a leading controller consists of: one worker a kind, all on the same caches."""

from collections.abc import Callable
from datetime import datetime

from controller.cache import Caches
from controller.clock import read_clock
from controller.namespace import Namespaces
from controller.replica_set.reconcile import Reconciler as ReplicaSetReconciler
from controller.vm.reconcile import Reconciler as VmReconciler
from controller.vmi.pod import Images
from controller.vmi.reconcile import Reconciler as VmiReconciler
from controller.worker import Worker
from kube.client import Client
from kube.event import EventRecorder
from kube.queue import WorkQueue


class Assembly:
    """The reconcilers, each with its queue, woken by changes in the caches."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        events: EventRecorder,
        images: Images,
        *,
        clock: Callable[[], datetime] = read_clock,
        make_queue: Callable[[], WorkQueue] = WorkQueue,
    ) -> None:
        namespaces = Namespaces(client, caches.namespaces, caches.vmis)
        self.namespace = Worker("namespaces", make_queue(), namespaces.reconcile)
        namespaces.connect(self.namespace.queue.add)
        vmi = VmiReconciler(client, caches, namespaces, events, images, clock=clock)
        self.vmi = Worker("virtualmachineinstances", make_queue(), vmi.reconcile)
        vmi.connect(self.vmi.queue.add)
        vm = VmReconciler(client, caches, events, clock=clock)
        self.vm = Worker("virtualmachines", make_queue(), vm.reconcile)
        vm.connect(self.vm.queue.add)
        replica_set = ReplicaSetReconciler(client, caches, events, clock=clock)
        self.replica_set = Worker(
            "virtualmachineinstancereplicasets", make_queue(), replica_set.reconcile
        )
        replica_set.connect(self.replica_set.queue.add)

    @property
    def workers(self) -> tuple[Worker, ...]:
        return (self.vmi, self.vm, self.replica_set, self.namespace)
