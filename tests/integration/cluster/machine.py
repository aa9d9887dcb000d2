"""What a cluster could leave behind on a machine, and a machine to look at: a network namespace."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cluster.process import parse_stat

ROOT = Path(__file__).resolve().parents[3]
# Two levels of each: deep enough for every directory that Kubernetes' parts make.
FOLDERS = ("/etc", "/opt", "/run", "/usr/libexec", "/var/lib", "/var/log", "/var/cache", "/root")
FORWARD = "/proc/sys/net/ipv4/ip_forward"


@dataclass(frozen=True, slots=True)
class Machine:
    """A network of its own and a state directory of its own, so that other clusters may run."""

    namespace: str
    state: Path

    @property
    def inside(self) -> list[str]:
        variables = [f"VIRTPOD_CLUSTER_DIR={self.state}", "TERM=dumb"]
        return ["nsenter", f"--net=/run/netns/{self.namespace}", "env", *variables]

    @property
    def cluster_argv(self) -> list[str]:
        return [*self.inside, sys.executable, "-m", "cluster"]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*self.inside, *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def cluster(self, *words: str) -> str:
        return self.run(sys.executable, "-m", "cluster", *words)

    def die_at(self, line: str, *words: str) -> None:
        """Run a cluster command and kill it (-9) once it prints a line like this."""
        with subprocess.Popen(
            [*self.cluster_argv, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as command:
            assert command.stderr is not None
            seen = []
            for said in command.stderr:
                seen.append(said)
                if line in said:
                    break
            assert line in "".join(seen[-1:]), f"ended before {line!r}: {''.join(seen)}"
            command.kill()

    def observe(self) -> dict[str, object]:
        """Return all that a cluster changes."""
        return {
            "processes": self.list_programs(),
            "mounts": sorted(Path("/proc/self/mounts").read_text().splitlines()),
            "links": self.run("ip", "-oneline", "address"),
            "routes": self.run("ip", "route", "show", "table", "all"),
            "nft": self.run("nft", "list", "ruleset"),
            "forwarding": self.run("cat", FORWARD),
            "namespaces": sorted(path.name for path in Path("/run/netns").iterdir()),
            "cgroups": self.list_cgroups(),
            "files": list_files(),
        }

    def list_cgroups(self) -> list[str]:
        """Return the cluster's cgroups: in v1 below each controller, in v2 at the top."""
        root = Path("/sys/fs/cgroup")
        found = [*root.glob(f"*/{self.state.name}"), *root.glob(self.state.name)]
        return sorted(str(path) for path in found)

    def list_programs(self) -> list[str]:
        """Return the names of the cluster's processes, told by its state directory."""
        mark = f"VIRTPOD_CLUSTER_DIR={self.state}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                _, state, _ = parse_stat((entry / "stat").read_text())
                name = (entry / "comm").read_text().strip()
            except (OSError, ValueError):
                continue  # no process, or one that has ended meanwhile
            if state != "Z":
                found.append(name)
        return sorted(found)


def list_files() -> list[str]:
    """Return names two levels deep in the folders that system programs write to."""
    found = []
    for folder in FOLDERS:
        for path in Path(folder).glob("*"):
            found += [str(path), *(str(inner) for inner in path.glob("*") if path.is_dir())]
    return sorted(found)
