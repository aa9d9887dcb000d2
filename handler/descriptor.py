"""Descriptors: each VM costs a few, and containers often start with a limit of 1024."""

import resource


def raise_descriptor_limit() -> int:
    """Allow this process as many descriptors as it may have, and return how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
