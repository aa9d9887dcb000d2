"""Renders the facts of a domain as libvirt's XML."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Final
from xml.parsers import expat

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from api.problem import Problem
from launcher.domain import Domain

TEMPLATES: Final = Path(__file__).parent / "templates"
# What XML 1.0 cannot say at all, escaped or not; a newline would end a line of qemu's arguments.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render_domain(domain: Domain) -> str:
    """Return the domain XML; raises Problem for text that XML cannot carry."""
    for path, text in iter_texts(domain, "domain"):
        if found := _FORBIDDEN.search(text):
            raise Problem(
                "FieldValueInvalid", f"{path} has the control character U+{ord(found[0]):04X}"
            )
    text = make_environment().get_template("domain.xml.j2").render(domain=domain)
    try:
        expat.ParserCreate().Parse(text, True)
    except expat.ExpatError as error:
        raise Problem("DomainInvalid", f"the domain document is not XML: {error}") from error
    return text


def make_environment(bytecode: Path = TEMPLATES / "__pycache__") -> Environment:
    """Return jinja2's settings; compiled templates are kept when the image is built."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        # select_autoescape() would not see that these are XML: their names end in .j2
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # of each included file
        auto_reload=False,
        bytecode_cache=FileSystemBytecodeCache(str(bytecode)) if bytecode.is_dir() else None,
    )


def compile_templates(bytecode: Path = TEMPLATES / "__pycache__") -> None:
    """Compile every template, so that no launcher has to."""
    bytecode.mkdir(exist_ok=True)
    environment = make_environment(bytecode)
    for path in TEMPLATES.glob("*.j2"):
        environment.get_template(path.name)


def iter_texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every string of nested facts with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from iter_texts(item, f"{path}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from iter_texts(getattr(value, field.name), f"{path}.{field.name}")


if __name__ == "__main__":
    compile_templates()
