"""What pip in a build must know of the host: certificate authorities, index, proxy; pure."""

import configparser
from collections.abc import Iterable, Mapping

PASSED_ON = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
CA_IN_BUILD = "/run/secrets/ca.crt"


def render_pip_config(
    environment: Mapping[str, str], host_configs: Iterable[str], *, has_ca: bool
) -> str:
    """Return a pip.conf from the host's own, weakest first, and its PIP_ variables."""
    values: dict[str, str] = {}
    for text in host_configs:
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        if parser.has_section("global"):
            values |= {key: value for key, value in parser["global"].items() if key in PASSED_ON}
    for key in PASSED_ON:
        variable = f"PIP_{key.upper().replace('-', '_')}"
        if variable in environment:
            values[key] = environment[variable]
    if has_ca:
        values["cert"] = CA_IN_BUILD
    # pip takes several values of one key on lines of their own, which must be indented.
    lines = [f"{key} = {value.replace(chr(10), chr(10) + '  ')}" for key, value in values.items()]
    return "\n".join(["[global]", *lines, ""])
