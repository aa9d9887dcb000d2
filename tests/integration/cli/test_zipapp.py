"""The command line as one file: made by `make`, run far from any checkout of ours."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.unit.cli.test_plan import VMI

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    made = subprocess.run(
        ["make", "--directory", str(ROOT), "pack", f"DIST={folder}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder / "kubectl-virt"


def run(program: Path, *words: str, given: str = "") -> str:
    folder = program.parent
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_runs(program: Path) -> None:
    assert run(program, "version", "--client") == "Client Version: v0.1.0\n"
    assert run(program, "create", "vm", "--name=a").startswith("apiVersion: kubevirt.io/v1\n")
    assert "<domain" in run(program, "plan", "-f", "-", given=VMI)
    assert "--stdio" in run(program, "port-forward", "--help")


def test_it_completes_for_kubectl(program: Path) -> None:
    script = program.parent / "kubectl_complete-virt"
    script.write_text(run(program, "completion", "kubectl"))
    script.chmod(0o755)
    assert run(script, "unp") == "unpause\n:4\n"


def test_it_holds_what_the_command_line_needs_and_no_more(program: Path) -> None:
    with zipfile.ZipFile(program) as archive:
        found = {name.split("/")[1] for name in archive.namelist() if name.count("/") > 1}
    packages = {name for name in found if not name.endswith(".dist-info")}
    assert packages == {
        "bin",  # what the wheels bring beside modules
        *("api", "cli", "controller", "kube", "launcher"),
        *("_yaml", "jinja2", "markupsafe", "msgspec", "websockets", "yaml"),
    }
