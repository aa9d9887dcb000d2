"""Writes the termination message that the kubelet keeps: api.termination reads it."""

import json

from launcher.state import Stop


def encode_stop(stop: Stop) -> bytes:
    """Return the termination message; a long sentence is cut so that the kubelet keeps it whole."""
    fields = {field: getattr(stop, field) for field in ("cause", "reason", "message", "requested")}
    return json.dumps({**fields, "message": stop.message[:512]}).encode()
