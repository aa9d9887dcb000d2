"""Rules on what a VM asks for: memory, CPUs, hugepages."""

from fractions import Fraction
from typing import Final

from api.cause import CauseReason
from api.domain import CPU, DomainSpec, Memory, ResourceRequirements
from api.problem import Problem
from api.quantity import parse_quantity
from api.rule import INSTANCETYPE, AnyRule, Rule

MAX_VCPUS: Final = 512
MAX_MEMORY: Final = "64Ti"  # all that q35 can address
MIN_GUEST: Final = "1Mi"
MIN_REQUEST: Final = {"memory": "1M", "cpu": "0"}


def read_quantity(quantity: str | int | None) -> Fraction | None:
    """Return the value, or None when there is none or it is malformed (another cause says so)."""
    if quantity is None:
        return None
    try:
        return parse_quantity(quantity)
    except Problem:
        return None


def at_least(quantity: str | int | None, least: str) -> bool:
    """Say whether a quantity, if there is one, is not below a bound."""
    value = read_quantity(quantity)
    return value is None or value >= parse_quantity(least)


def at_most(quantity: str | int | None, most: str | int | None) -> bool:
    """Say whether a quantity is not above another one, if there are both."""
    value, bound = read_quantity(quantity), read_quantity(most)
    return value is None or bound is None or value <= bound


def cel_quantity(path: str) -> str:
    """Return a quantity of ``self`` in CEL, be it a string or an integer."""
    return f"quantity(string(self.{path}))"


def _cel_amount(resources: str, key: str) -> str:
    # an index, because the API server cannot bound the cost of a map's entry as a field
    return cel_quantity(f"{resources}['{key}']")


def _minimum_rule(resources: str, key: str) -> Rule[ResourceRequirements]:
    least = MIN_REQUEST[key]
    return Rule(
        ResourceRequirements,
        f"{resources}.{key} must be at least {least}",
        f"!self.?{resources}[?'{key}'].hasValue() || "
        f"{_cel_amount(resources, key)}.compareTo(quantity('{least}')) >= 0",
        lambda part: at_least(getattr(part, resources).get(key), least),
        f".{resources}.{key}",
    )


def _limit_rule(key: str) -> Rule[ResourceRequirements]:
    return Rule(
        ResourceRequirements,
        f"requests.{key} must not be greater than limits.{key}",
        f"!self.?requests[?'{key}'].hasValue() || !self.?limits[?'{key}'].hasValue() || "
        f"{_cel_amount('requests', key)}.compareTo({_cel_amount('limits', key)}) <= 0",
        lambda part: at_most(part.requests.get(key), part.limits.get(key)),
        f".requests.{key}",
    )


def _amounts(domain: DomainSpec, key: str) -> tuple[Fraction | None, Fraction | None]:
    resources = domain.resources or ResourceRequirements()
    return read_quantity(resources.requests.get(key)), read_quantity(resources.limits.get(key))


def _asks_memory(domain: DomainSpec) -> bool:
    guest = domain.memory.guest if domain.memory else None
    resources = domain.resources or ResourceRequirements()
    return guest is not None or "memory" in {**resources.requests, **resources.limits}


def _fills_pages(domain: DomainSpec) -> bool:
    pages = domain.memory.hugepages if domain.memory else None
    page_size = read_quantity(pages.page_size) if pages else None
    if not domain.memory or not page_size:
        return True
    sizes = (read_quantity(domain.memory.guest), _amounts(domain, "memory")[0])
    return all(size >= page_size and size % page_size == 0 for size in sizes if size is not None)


def _is_dedicated(domain: DomainSpec) -> bool:
    return bool(domain.cpu and domain.cpu.dedicated_cpu_placement)


def _dedicated_is_whole(domain: DomainSpec) -> bool:
    amounts = [amount for amount in _amounts(domain, "cpu") if amount is not None]
    whole = all(amount % 1 == 0 for amount in amounts) and len(set(amounts)) <= 1
    return not _is_dedicated(domain) or whole


def _dedicated_is_told_once(domain: DomainSpec) -> bool:
    if domain.cpu is None or not _is_dedicated(domain):
        return True
    topology = domain.cpu.cores is not None or domain.cpu.sockets is not None
    return topology != any(amount is not None for amount in _amounts(domain, "cpu"))


def _numa_has_pages(domain: DomainSpec) -> bool:
    numa = domain.cpu.numa if domain.cpu else None
    pages = domain.memory.hugepages if domain.memory else None
    return not (numa and numa.guest_mapping_passthrough) or pages is not None


_PAGE = "quantity(self.memory.hugepages.pageSize).asInteger()"
_CEL_DEDICATED = "self.?cpu.?dedicatedCpuPlacement.orValue(false)"
_CEL_REQUEST = "self.?resources.?requests[?'cpu'].hasValue()"
_CEL_LIMIT = "self.?resources.?limits[?'cpu'].hasValue()"


def _cel_fills(path: str) -> str:
    size = cel_quantity(path)
    return (
        f"({size}.isInteger() && {size}.asInteger() >= {_PAGE} && "
        f"{size}.asInteger() % {_PAGE} == 0)"
    )


_CEL_REQUEST_FILLS = _cel_fills("resources.requests['memory']")

DOMAIN_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        DomainSpec,
        "no memory requested: set memory.guest, resources.requests.memory or "
        "resources.limits.memory",
        "self.?memory.?guest.hasValue() || self.?resources.?requests[?'memory'].hasValue() || "
        "self.?resources.?limits[?'memory'].hasValue()",
        _asks_memory,
        ".memory.guest",
        CauseReason.REQUIRED,
        filled_by=INSTANCETYPE,
    ),
    Rule(
        DomainSpec,
        "memory must be a multiple of memory.hugepages.pageSize",
        "!self.?memory.?hugepages.?pageSize.hasValue() || "
        f"(!has(self.memory.guest) || {_cel_fills('memory.guest')}) && "
        "(!self.?resources.?requests[?'memory'].hasValue() || "
        f"{_CEL_REQUEST_FILLS})",
        _fills_pages,
        ".resources.requests.memory",
    ),
    Rule(
        DomainSpec,
        "dedicated CPUs need whole numbers in requests.cpu and limits.cpu, and equal ones",
        f"!{_CEL_DEDICATED} || "
        f"(!{_CEL_REQUEST} || {_cel_amount('resources.requests', 'cpu')}.isInteger()) && "
        f"(!{_CEL_LIMIT} || {_cel_amount('resources.limits', 'cpu')}.isInteger()) && "
        f"(!{_CEL_REQUEST} || !{_CEL_LIMIT} || {_cel_amount('resources.requests', 'cpu')}"
        f".compareTo({_cel_amount('resources.limits', 'cpu')}) == 0)",
        _dedicated_is_whole,
        ".cpu.dedicatedCpuPlacement",
    ),
    Rule(
        DomainSpec,
        "dedicated CPUs need either cores and sockets, or a cpu request or limit, and not both",
        f"!{_CEL_DEDICATED} || (has(self.cpu.cores) || has(self.cpu.sockets)) != "
        f"({_CEL_REQUEST} || {_CEL_LIMIT})",
        _dedicated_is_told_once,
        ".cpu.dedicatedCpuPlacement",
        filled_by=INSTANCETYPE,
    ),
    Rule(
        DomainSpec,
        "numa.guestMappingPassthrough needs memory.hugepages",
        "!self.?cpu.?numa.?guestMappingPassthrough.hasValue() || "
        "self.?memory.?hugepages.hasValue()",
        _numa_has_pages,
        ".cpu.numa.guestMappingPassthrough",
        filled_by=INSTANCETYPE,
    ),
)

_CEL_OWN_DEDICATED = "self.?dedicatedCpuPlacement.orValue(false)"

CPU_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        CPU,
        f"cores * sockets * threads must not exceed {MAX_VCPUS}",
        "self.?cores.orValue(1) * self.?sockets.orValue(1) * self.?threads.orValue(1) "
        f"<= {MAX_VCPUS}",
        lambda cpu: cpu.vcpus <= MAX_VCPUS,
    ),
    Rule(
        CPU,
        "sockets must not exceed maxSockets",
        "self.?sockets.orValue(1) <= self.?maxSockets.orValue(512)",
        lambda cpu: (cpu.sockets or 1) <= (cpu.max_sockets or MAX_VCPUS),
        ".sockets",
    ),
    Rule(
        CPU,
        "isolateEmulatorThread needs dedicatedCpuPlacement",
        f"!self.?isolateEmulatorThread.orValue(false) || {_CEL_OWN_DEDICATED}",
        lambda cpu: not cpu.isolate_emulator_thread or bool(cpu.dedicated_cpu_placement),
        ".isolateEmulatorThread",
        filled_by=INSTANCETYPE,
    ),
    Rule(
        CPU,
        "numa.guestMappingPassthrough needs dedicatedCpuPlacement",
        f"!self.?numa.?guestMappingPassthrough.hasValue() || {_CEL_OWN_DEDICATED}",
        lambda cpu: (
            not (cpu.numa and cpu.numa.guest_mapping_passthrough)
            or bool(cpu.dedicated_cpu_placement)
        ),
        ".numa.guestMappingPassthrough",
        filled_by=INSTANCETYPE,
    ),
    Rule(
        CPU,
        "realtime needs dedicatedCpuPlacement",
        f"!has(self.realtime) || {_CEL_OWN_DEDICATED}",
        lambda cpu: cpu.realtime is None or bool(cpu.dedicated_cpu_placement),
        ".dedicatedCpuPlacement",
        filled_by=INSTANCETYPE,
    ),
    Rule(
        CPU,
        "realtime needs numa.guestMappingPassthrough",
        "!has(self.realtime) || self.?numa.?guestMappingPassthrough.hasValue()",
        lambda cpu: cpu.realtime is None or bool(cpu.numa and cpu.numa.guest_mapping_passthrough),
        ".numa",
        filled_by=INSTANCETYPE,
    ),
    Rule(
        CPU,
        "dedicated CPUs allow at most 2 threads a core",
        f"!{_CEL_OWN_DEDICATED} || self.?threads.orValue(1) <= 2",
        lambda cpu: not cpu.dedicated_cpu_placement or (cpu.threads or 1) <= 2,
        ".dedicatedCpuPlacement",
    ),
)

MEMORY_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        Memory,
        f"guest must be between {MIN_GUEST} and {MAX_MEMORY}",
        f"!has(self.guest) || {cel_quantity('guest')}.compareTo(quantity('{MIN_GUEST}')) >= 0 && "
        f"{cel_quantity('guest')}.compareTo(quantity('{MAX_MEMORY}')) <= 0",
        lambda memory: at_least(memory.guest, MIN_GUEST) and at_most(memory.guest, MAX_MEMORY),
        ".guest",
    ),
    Rule(
        Memory,
        "maxGuest must not be less than guest",
        "!has(self.guest) || !has(self.maxGuest) || "
        f"{cel_quantity('guest')}.compareTo({cel_quantity('maxGuest')}) <= 0",
        lambda memory: at_most(memory.guest, memory.max_guest),
        ".maxGuest",
    ),
)

RESOURCE_RULES: Final[tuple[AnyRule, ...]] = (
    *(_minimum_rule(part, key) for part in ("requests", "limits") for key in MIN_REQUEST),
    *(_limit_rule(key) for key in MIN_REQUEST),
    *DOMAIN_RULES,
    *CPU_RULES,
    *MEMORY_RULES,
)
