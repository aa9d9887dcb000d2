"""Controller and handler as a crash test sees them: found, killed, and replaced."""

from dataclasses import dataclass

from tests.e2e.kubectl import Kubectl
from tests.e2e.machine import Process, list_processes
from tests.e2e.observer import ApiServer, Json

SYSTEM_PODS = "/api/v1/namespaces/kubevirt/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kubevirt/leases"
CONTROLLER = "virt-controller"
HANDLER = "virt-handler"


@dataclass(frozen=True, slots=True)
class Component:
    """The pods of one of our components."""

    name: str  # value of the label kubevirt.io
    api: ApiServer
    kubectl: Kubectl

    def list_pods(self) -> list[Json]:
        listed = self.api.get(f"{SYSTEM_PODS}?labelSelector=kubevirt.io%3D{self.name}")
        return list(listed["items"])

    def kill(self) -> None:
        """kill -9 of every process of the component: leader and standby, on all nodes."""
        victims = [victim for pod in self.list_pods() for victim in find_victims(pod)]
        assert victims, f"no process of {self.name} to kill"
        for victim in victims:
            victim.kill()

    def renew(self) -> None:
        """Replace pods that crashed, so that the kubelet's back-off does not add up."""
        crashed = [
            str(pod["metadata"]["name"])
            for pod in self.list_pods()
            if any(c["restartCount"] for c in pod["status"].get("containerStatuses", []))
        ]
        if crashed:
            self.kubectl("-n", "kubevirt", "delete", "pod", "--grace-period=1", *crashed)
        self.until_ready()

    def until_ready(self) -> None:
        """Wait until every pod of the component is ready."""
        workload = "daemonset" if self.name == HANDLER else "deployment"
        self.kubectl(
            "-n", "kubevirt", "rollout", "status", workload, "-l", f"kubevirt.io={self.name}"
        )


def find_victims(pod: Json) -> list[Process]:
    """Return a pod's own programs, all in Python: neither the pause process nor an init."""
    return [
        process
        for process in list_processes(str(pod["metadata"]["uid"]))
        if process.program.startswith("python")
    ]
