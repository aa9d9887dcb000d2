"""Kubernetes, containerd, CoreDNS and the provisioner, built from their Go modules, once.

Each folder of binaries/ is a Go module of its own that pins one project with all it needs
(go.sum) and names its programs as tools. A build lands in the cache under the project's
version, so that it is done once a machine and not once a checkout.
"""

import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from api.names import GROUP
from api.problem import Problem
from cluster.paths import Layout
from cluster.shell import run

MODULES: Final = Path(__file__).parent / "binaries"
BUILD_SECONDS: Final = 3600.0
# Where a project's programs keep the version that they tell.
VERSION_PACKAGES: Final = {
    "kubernetes": "k8s.io/component-base/version",
    "virtctl": f"{GROUP}/client-go/version",
}
_TOOL = re.compile(r"^(?:tool |\t)([^\s(]\S*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Project:
    """One upstream project: its Go module, version and programs."""

    name: str
    version: str
    packages: tuple[str, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        return tuple(package.rpartition("/")[2] for package in self.packages)

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def linker_flags(self) -> str:
        """Return flags that strip symbols and, where there is a place for it, tell the version."""
        flags = ["-s", "-w"]
        if package := VERSION_PACKAGES.get(self.name):
            major, minor, _ = self.version.removeprefix("v").split(".", 2)
            facts = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
            facts["gitTreeState"] = "clean"
            for name, value in facts.items():
                flags += ["-X", f"{package}.{name}={value}"]
        return " ".join(flags)


def parse_module(name: str, text: str) -> Project:
    """Read a go.mod: the tools it names, and the version of the module that has them."""
    packages = tuple(_TOOL.findall(text))
    if not packages:
        raise Problem("ModuleInvalid", f"the go.mod of {name} names no tool")
    required = re.findall(r"^(?:require )?\s*(\S+) (v\S+)", text, re.MULTILINE)
    owners = [
        (module, version)
        for module, version in required
        if packages[0] == module or packages[0].startswith(f"{module}/")
    ]
    if not owners:
        raise Problem("ModuleInvalid", f"the go.mod of {name} does not require {packages[0]}")
    return Project(name, max(owners, key=lambda owner: len(owner[0]))[1], packages)


@cache
def read_projects() -> tuple[Project, ...]:
    """Return the projects in the order in which they are best built: the largest first."""
    names = ("kubernetes", "containerd", "coredns", "local-path-provisioner")
    return tuple(parse_module(name, (MODULES / name / "go.mod").read_text()) for name in names)


def find_version(project: str) -> str:
    """Return the version that is pinned of a project."""
    return next(found.version for found in read_projects() if found.name == project)


def find_program(layout: Layout, program: str) -> Path:
    """Return where a program is, or will be once it is built."""
    project = next(found for found in read_projects() if program in found.programs)
    return layout.binaries / project.folder / program


def search_path(layout: Layout) -> str:
    """Return a PATH on which the programs find each other, Debian's last."""
    folders = [str(layout.binaries / project.folder) for project in read_projects()]
    return ":".join([*folders, "/usr/sbin", "/usr/bin", "/sbin", "/bin"])


def is_built(layout: Layout, project: Project) -> bool:
    """Tell whether the cache has a project's programs."""
    folder = layout.binaries / project.folder
    return all((folder / program).exists() for program in project.programs)


def build(layout: Layout, project: Project, modules: Path = MODULES) -> None:
    """Build one project; a build that is interrupted leaves nothing that looks whole."""
    partial = layout.binaries / f".{project.folder}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", project.linker_flags, "-o", f"{partial}/"]
    run(
        ["env", "CGO_ENABLED=0", "go", "build", *flags, "tool"],
        cwd=modules / project.name,
        seconds=BUILD_SECONDS,
    )
    target = layout.binaries / project.folder
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def ensure_busybox(layout: Layout) -> Path:
    """Return Debian's static busybox, unpacked beside and not installed over the machine's own."""
    folder = layout.binaries / "busybox"
    if not (folder / "busybox").exists():
        partial = layout.binaries / ".busybox.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        run(["apt-get", "download", "busybox-static"], cwd=partial)
        archive = next(partial.glob("busybox-static_*.deb"))
        run(["dpkg-deb", "-x", archive, partial / "unpacked"])
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        program = next((partial / "unpacked").glob("**/bin/busybox"))  # /bin, or /usr/bin
        program.rename(folder / "busybox")
        shutil.rmtree(partial)
    return folder / "busybox"
