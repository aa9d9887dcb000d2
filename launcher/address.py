"""Derives MAC addresses that stay the same as long as the VM does."""

import hashlib


def derive_mac(uid: str, name: str) -> str:
    """Return a locally administered MAC address for a link of a VM."""
    digest = hashlib.blake2s(f"{uid}/{name}".encode(), digest_size=5).digest()
    return ":".join(f"{byte:02x}" for byte in b"\x02" + digest)
