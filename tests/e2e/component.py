"""Controller and handler as a crash test sees them: found, killed, and replaced."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from tests.e2e.kubectl import Kubectl
from tests.e2e.machine import Process, list_processes
from tests.e2e.observer import ApiServer, Json, Seen

SYSTEM_PODS = "/api/v1/namespaces/kubevirt/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kubevirt/leases"
CONTROLLER = "virt-controller"
HANDLER = "virt-handler"
DEVICE_PLUGIN = "handler.device_plugin"  # runs beside the handler, in a container of its own
MODULES = {CONTROLLER: "controller", HANDLER: "handler"}
# Headers of an administrator who acts as the controller: of its writes no webhook is asked.
AS_CONTROLLER = {
    "Impersonate-User": f"system:serviceaccount:kubevirt:{CONTROLLER}",
    "Impersonate-Group": "system:masters",
}


@dataclass(frozen=True, slots=True)
class Component:
    """The pods of one of our components."""

    name: str  # value of the label kubevirt.io
    api: ApiServer
    kubectl: Kubectl

    def list_pods(self) -> list[Json]:
        listed = self.api.get(f"{SYSTEM_PODS}?labelSelector=kubevirt.io%3D{self.name}")
        return list(listed["items"])

    def kill(self, module: str | None = None) -> None:
        """kill -9 of the component: leader and standby, on all nodes; or of another module."""
        wanted = module or MODULES[self.name]
        victims = [victim for pod in self.list_pods() for victim in find_modules(pod, wanted)]
        assert victims, f"no {wanted} of {self.name} to kill"
        for victim in victims:
            victim.kill()

    def renew(self) -> None:
        """Replace pods that crashed, so that the kubelet's back-off does not add up."""
        pods = self.list_pods()
        crashed = [str(pod["metadata"]["name"]) for pod in pods if count_restarts(pod)]
        if crashed:
            self.kubectl("-n", "kubevirt", "delete", "pod", "--grace-period=1", *crashed)
        self.until_ready(sum(map(is_staying, pods)))

    def until_restarted(self) -> None:
        """Wait until every pod of the component has a container that restarted, and is ready."""
        with self.api.watch(SYSTEM_PODS) as pods:
            for pod in self.list_pods():
                restarted = partial(is_restart_of, pod["metadata"]["uid"])
                pods.until(restarted, 240, f"restart of {self.name}")

    def until_ready(self, number: int) -> None:
        """Wait until all pods of the component are ready, which are so many at least.

        The status of a rollout alone would not do: it is behind when pods were just deleted.
        """
        workload = "daemonset" if self.name == HANDLER else "deployment"
        self.kubectl(
            "-n", "kubevirt", "rollout", "status", workload, "-l", f"kubevirt.io={self.name}"
        )
        ready: dict[str, bool] = {}

        def are_ready(seen: Seen) -> bool:
            if seen.object["metadata"].get("labels", {}).get("kubevirt.io") == self.name:
                ready[seen.name] = seen.kind != "DELETED" and is_ready(seen.object)
            return sum(ready.values()) >= number

        with self.api.watch(SYSTEM_PODS) as pods:
            pods.until(are_ready, 240, f"{number} ready pods of {self.name}")


def count_restarts(pod: Json) -> int:
    """Return how often a pod's containers were started again."""
    return sum(state["restartCount"] for state in pod["status"].get("containerStatuses", []))


def is_staying(pod: Json) -> bool:
    """Tell whether a pod has not ended, and is not asked to."""
    ended = pod["status"].get("phase") in {"Failed", "Succeeded"}
    return not ended and "deletionTimestamp" not in pod["metadata"]


def is_ready(pod: Json) -> bool:
    """Tell whether a pod is ready, and to stay."""
    conditions = pod["status"].get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and is_staying(pod)


def is_restart_of(uid: str, seen: Seen) -> bool:
    """Tell whether a pod is ready, and not for the first time."""
    states = seen.object["status"].get("containerStatuses", [])
    ready = bool(states) and all(state["ready"] for state in states)
    return seen.object["metadata"]["uid"] == uid and ready and count_restarts(seen.object) > 0


def find_modules(pod: Json, module: str) -> list[Process]:
    """Return a pod's processes that are `python3 -m MODULE`, whatever its options."""
    return [
        process
        for process in list_processes(str(pod["metadata"]["uid"]))
        if process.program.startswith("python") and ("-m", module) in pairwise(process.command)
    ]
