"""What the caches keep by the thousand."""

import msgspec


class Small(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Base of what is cached by the thousand: no labels, no spec, no managed fields."""
