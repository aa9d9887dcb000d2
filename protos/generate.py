"""Generates the gRPC stubs from the .proto files; with --check only compares them."""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).parent
PROJECT = ROOT.parent
OUTPUTS = ("--python_out=", "--grpc_python_out=", "--mypy_out=quiet:", "--mypy_grpc_out=quiet:")
PLUGINS = ("protoc-gen-mypy", "protoc-gen-mypy_grpc")  # installed beside the interpreter
GENERATED = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def find_protos() -> list[Path]:
    """List the .proto files, relative to the project, so that stubs import as protos.…"""
    return sorted(path.relative_to(PROJECT) for path in ROOT.rglob("*.proto"))


def generate_stubs(target: Path) -> None:
    """Write the stubs of all .proto files below ``target``."""
    well_known = str(files("grpc_tools") / "_proto")
    arguments = ["protoc", f"-I{PROJECT}", f"-I{well_known}"]
    scripts = Path(sys.executable).parent
    arguments += [f"--plugin={plugin}={scripts / plugin}" for plugin in PLUGINS]
    arguments += [f"{output}{target}" for output in OUTPUTS]
    arguments += [str(path) for path in find_protos()]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed; see its message above")


def list_stale(fresh: Path) -> list[str]:
    """Name the stubs whose committed text differs from what the .proto files give."""
    names = [str(proto.with_suffix("")) + suffix for proto in find_protos() for suffix in GENERATED]
    return [name for name in names if _read(PROJECT / name) != _read(fresh / name)]


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def main() -> None:
    """Write the stubs, or with --check fail when they are stale."""
    if sys.argv[1:] != ["--check"]:
        generate_stubs(PROJECT)
        return
    with tempfile.TemporaryDirectory() as fresh:
        generate_stubs(Path(fresh))
        stale = list_stale(Path(fresh))
    if stale:
        sys.exit(f"stale stubs, run python -m protos.generate: {', '.join(stale)}")


if __name__ == "__main__":
    main()
