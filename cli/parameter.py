"""Arguments such as src:registry.example/image:tag,bootorder:1; pure."""

import base64
import binascii
from collections.abc import Collection, Mapping

from api.problem import Problem


def parse_parameters(flag: str, text: str, known: Collection[str]) -> dict[str, str]:
    """Read NAME:VALUE,…; a value goes on after its first colon."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon or not value:
            raise Problem("BadFlag", f"{flag} {text}: {part!r} is not NAME:VALUE")
        if name not in known:
            words = ", ".join(known)
            raise Problem("BadFlag", f"{flag} {text}: {name} is none of {words}")
        if name in found:
            raise Problem("BadFlag", f"{flag} {text}: {name} is given twice")
        found[name] = value
    return found


def require(flag: str, parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there."""
    if name not in parameters:
        raise Problem("BadFlag", f"{flag} needs {name}:VALUE")
    return parameters[name]


def parse_boot_order(flag: str, parameters: Mapping[str, str]) -> int | None:
    """Return the place in the boot order, if one is given."""
    text = parameters.get("bootorder")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**31):
        raise Problem("BadFlag", f"{flag}: bootorder:{text} is no number from 1")
    return int(text)


def split_namespace(text: str) -> tuple[str, str]:
    """Return the namespace, which may be empty, and the name of NAMESPACE/NAME."""
    namespace, _, name = text.rpartition("/")
    return namespace, name


def check_base64(flag: str, text: str) -> str:
    """Return a text that is base64."""
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Problem("BadFlag", f"{flag} is not base64: {error}") from error
    return text
