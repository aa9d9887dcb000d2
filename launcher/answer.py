"""What a guest's agent answers: JSON from inside the guest, of which nothing is taken for granted.

The commands are those of qemu's guest agent (qga/qapi-schema.json in qemu).
"""

import json
import re
from collections.abc import Mapping
from typing import Final

ANSWER_CHARACTERS: Final = 256 * 1024  # a longer answer is not read at all
COMMANDS: Final = 200
NAME_BYTES: Final = 64
INFO: Final = "guest-info"  # which commands there are
STATUS: Final = "guest-fsfreeze-status"
FREEZE: Final = "guest-fsfreeze-freeze"
THAW: Final = "guest-fsfreeze-thaw"
SYSTEM: Final = "guest-get-osinfo"
HOSTNAME: Final = "guest-get-host-name"
TIMEZONE: Final = "guest-get-timezone"
USERS: Final = "guest-get-users"
FILESYSTEMS: Final = "guest-get-fsinfo"
LOAD: Final = "guest-get-load"
FACTS: Final = (SYSTEM, HOSTNAME, TIMEZONE, STATUS, USERS, FILESYSTEMS, LOAD)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

Answers = Mapping[str, object]  # what each command that succeeded returned


def decode_answer(text: str) -> object:
    """Return what a command returned, None when that cannot be read."""
    if len(text) > ANSWER_CHARACTERS:
        return None
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer.get("return") if isinstance(answer, dict) else None


def list_commands(answer: object) -> dict[str, bool]:
    """Return each command that the agent knows, and whether it would run it now."""
    listed = list_items(as_object(answer).get("supported_commands"), COMMANDS)
    return {read_text(item.get("name"), NAME_BYTES): item.get("enabled") is True for item in listed}


def as_object(value: object) -> Mapping[str, object]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_items(value: object, limit: int) -> list[Mapping[str, object]]:
    """Return the first objects of a JSON list, none for anything else."""
    return [as_object(item) for item in value[:limit]] if isinstance(value, list) else []


def read_text(value: object, limit: int) -> str:
    """Return one line of at most so many bytes of UTF-8."""
    if not isinstance(value, str):
        return ""
    line = _CONTROL.sub(" ", value[:limit]).strip()
    return line.encode()[:limit].decode(errors="ignore")
