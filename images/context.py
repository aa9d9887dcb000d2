"""Reads an image's inputs from the work tree and lays them out as a build context."""

import os
from pathlib import Path

from images.catalog import Context, ContextFile, Image, is_source
from images.requirement import render_requirements
from images.web import ensure_bundle

ROOT = Path(__file__).resolve().parent.parent


def read_context(image: Image, root: Path = ROOT) -> Context:
    """Return every file that the image's build can see."""
    context = _read_folder(root / "images" / image.name, "")
    for folder in image.folders:
        context |= _read_folder(root / folder, f"python/{folder}/")
    if image.web:
        context |= _read_folder(ensure_bundle(image.web), "web/")
    if image.requirements:
        lock = (root / "uv.lock").read_text()
        text = render_requirements(lock, image.requirements)
        context["requirements.txt"] = ContextFile(text.encode())
    return context


def write_context(context: Context, target: Path) -> None:
    """Write the files with times that do not tell when, so that layers are found again."""
    for path, file in context.items():
        where = target / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(file.content)
        where.chmod(0o755 if file.executable else 0o644)
    for where in (*target.rglob("*"), target):
        os.utime(where, (0, 0))


def _read_folder(folder: Path, prefix: str) -> dict[str, ContextFile]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        f"{prefix}{path.relative_to(folder)}": ContextFile(
            path.read_bytes(), executable=bool(path.stat().st_mode & 0o100)
        )
        for path in found
        if is_source(path.relative_to(folder))
    }
