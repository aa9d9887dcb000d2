"""The probe's guest: it enters long mode, takes an interrupt and counts; x86-64 machine code."""

from typing import Final

MEMORY_BYTES: Final = 0x200000
ENTRY: Final = 0x1000
PAGE_TABLES: Final = 0x2000  # PML4, PDPT and PD in three pages; CR3 in the code below
INTERRUPT_TABLE: Final = 0x6000
STACK: Final = 0x8000

LOOPS: Final = 200_000
INSTRUCTIONS: Final = 3 * LOOPS
PORT_SUM: Final = 0x10
PORT_INTERRUPT: Final = 0x11
EXPECTED_SUM: Final = sum(range(1, LOOPS + 1)) % 2**32

# Real mode is where firmware starts, long mode is where kernels live, and a KVM that emulates
# instructions instead of running them gives up at the interrupt or takes far too long to count.
_LISTING: Final = (
    # 16 bits, at 0x1000
    "fa",  # cli
    "66 0f 01 16 88 10",  # lgdtl 0x1088
    "0f 20 c0",  # mov cr0 -> eax
    "0c 01",  # or $1, al                 (protected mode)
    "0f 22 c0",  # mov eax -> cr0
    "66 ea 17 10 00 00 08 00",  # ljmp $8, $0x1017
    # 32 bits, at 0x1017
    "b8 20 00 00 00",  # mov $0x20, eax
    "0f 22 e0",  # mov eax -> cr4         (physical address extension)
    "b8 00 20 00 00",  # mov $0x2000, eax
    "0f 22 d8",  # mov eax -> cr3
    "b9 80 00 00 c0",  # mov $0xc0000080, ecx (EFER)
    "0f 32",  # rdmsr
    "80 cc 01",  # or $1, ah              (long mode enable)
    "0f 30",  # wrmsr
    "0f 20 c0",  # mov cr0 -> eax
    "0d 00 00 00 80",  # or $0x80000000, eax  (paging)
    "0f 22 c0",  # mov eax -> cr0
    "ea 45 10 00 00 10 00",  # ljmp $16, $0x1045
    # 64 bits, at 0x1045
    "31 c0",  # xor eax, eax
    "8e d0",  # mov eax -> ss
    "bc 00 80 00 00",  # mov $0x8000, esp
    "0f 01 1c 25 8e 10 00 00",  # lidt 0x108e
    "cd 20",  # int $0x20                 (to 0x106a)
    "b9 40 0d 03 00",  # mov $200000, ecx
    "01 cb",  # add ecx, ebx
    "ff c9",  # dec ecx
    "75 fa",  # jnz the add
    "31 d2",  # xor edx, edx
    "89 d8",  # mov ebx, eax
    "e7 10",  # out eax, $0x10
    "f4",  # hlt
    # the interrupt's handler, at 0x106a
    "b0 01",  # mov $1, al
    "e6 11",  # out al, $0x11
    "48 cf",  # iretq
    # segment descriptors, at 0x1070: none, 32-bit code, 64-bit code; then the two table registers
    "00 00 00 00 00 00 00 00",
    "ff ff 00 00 00 9b cf 00",
    "ff ff 00 00 00 9b af 00",
    "17 00 70 10 00 00",
    "0f 02 00 60 00 00 00 00 00 00",
)
_HANDLER: Final = 0x106A
_LONG_CODE_SELECTOR: Final = 16


def build_memory() -> bytes:
    """Return the guest's low memory: code, identity-mapping page tables, one interrupt gate."""
    memory = bytearray(STACK)
    code = bytes.fromhex("".join(_LISTING))
    memory[ENTRY : ENTRY + len(code)] = code
    present_writable, large_page = 0x3, 0x80
    for offset, entry in (
        (PAGE_TABLES, PAGE_TABLES + 0x1000 | present_writable),
        (PAGE_TABLES + 0x1000, PAGE_TABLES + 0x2000 | present_writable),
        (PAGE_TABLES + 0x2000, present_writable | large_page),
    ):
        memory[offset : offset + 8] = entry.to_bytes(8, "little")
    interrupt_gate = 0x8E << 40 | _LONG_CODE_SELECTOR << 16 | _HANDLER
    gate_at = INTERRUPT_TABLE + 0x20 * 16
    memory[gate_at : gate_at + 8] = interrupt_gate.to_bytes(8, "little")
    return bytes(memory)
