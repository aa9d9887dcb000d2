"""How much memory qemu's emulation takes for translated code; launcher and controller agree."""

from typing import Final

_MIB: Final = 1024 * 1024
# (guest memory up to, translation cache): qemu's default of 1 GiB of address space costs a
# small guest 40 MiB of real memory, and shortens its boot by nothing that can be measured.
# With 16 instead of 32 MiB, one of 256 MiB boots a quarter slower. A Debian of 1 GiB boots
# with 64 CPU seconds when it has 128 MiB, 81 with 64; with 32 it does not in 100, for it
# translates the same code again and again.
_TRANSLATION_CACHES_MIB: Final = ((64, 16), (512, 32), (4096, 128), (16384, 256))
_LARGEST_TRANSLATION_CACHE_MIB: Final = 512


def choose_translation_cache(memory_bytes: int) -> int:
    """Return the MiB for TCG's translated code, by the guest's size."""
    for limit_mib, cache_mib in _TRANSLATION_CACHES_MIB:
        if memory_bytes <= limit_mib * _MIB:
            return cache_mib
    return _LARGEST_TRANSLATION_CACHE_MIB
