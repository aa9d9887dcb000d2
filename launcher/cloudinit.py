"""Plans cloud-init's NoCloud seed: the files that its disk, labelled cidata, holds."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from api.launch import LaunchDocument
from api.problem import Problem
from api.volume import CloudInitSource
from launcher.machine import get_uuid

LABEL: Final = "cidata"
USER_DATA_KEYS: Final = ("userdata", "userData")
NETWORK_DATA_KEYS: Final = ("networkdata", "networkData")

Secrets = Mapping[str, bytes]  # the keys of a mounted secret


def plan_seed(
    document: LaunchDocument, source: CloudInitSource, user: Secrets, network: Secrets
) -> dict[str, bytes]:
    """Return the seed's files by name."""
    metadata = {
        "instance-id": get_uuid(document),
        "local-hostname": document.spec.hostname or document.name,
    }
    files = {
        # JSON is YAML too
        "meta-data": json.dumps(metadata).encode(),
        "user-data": _choose(
            source.user_data, source.user_data_base64, _pick(user, USER_DATA_KEYS), "userData"
        )
        or b"",
    }
    network_config = _choose(
        source.network_data,
        source.network_data_base64,
        _pick(network, NETWORK_DATA_KEYS),
        "networkData",
    )
    if network_config is not None:
        files["network-config"] = network_config
    if source.secret_ref and not files["user-data"]:
        raise Problem(
            "SecretIncomplete", f"secret {source.secret_ref.name} has no key {USER_DATA_KEYS[0]}"
        )
    return files


def _choose(
    text: str | None, encoded: str | None, secret: bytes | None, field: str
) -> bytes | None:
    if text is not None:
        return text.encode()
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise Problem("FieldValueInvalid", f"{field}Base64 is not base64") from error
    return secret


def _pick(secret: Secrets, keys: tuple[str, ...]) -> bytes | None:
    return next((secret[key] for key in keys if key in secret), None)
