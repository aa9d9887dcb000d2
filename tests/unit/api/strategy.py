"""Hypothesis strategies that make any API struct from its type."""

from functools import cache
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from msgspec import NODEFAULT, inspect

from api.bound import describe_struct, unwrap
from api.domain import DomainSpec
from api.instancetype import VirtualMachineInstancetypeSpec
from api.network import Network, PodNetwork
from api.preference import VirtualMachinePreferenceSpec
from api.sizing import Sizing
from api.spec import VirtualMachineInstanceSpec
from api.volume import EmptyDiskSource, Volume

T = TypeVar("T", bound=msgspec.Struct)
NAMES = st.sampled_from(("a", "b"))
QUANTITIES = st.sampled_from(("512Mi", "1Gi", "1500M", "3"))


@cache
def make(struct: type[T]) -> st.SearchStrategy[T]:
    """Return a strategy of structs, some of their optional fields set."""
    needed: dict[str, st.SearchStrategy[Any]] = {}  # values of any type
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in describe_struct(struct).fields:
        given = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        (optional if given else needed)[field.name] = _make_value(field.type)
    return st.fixed_dictionaries(needed, optional=optional).map(lambda values: struct(**values))


def _make_value(declared: inspect.Type) -> st.SearchStrategy[Any]:
    bounds, inner = unwrap(declared)
    if "enum" in bounds:
        return st.sampled_from(bounds["enum"])
    match inner:
        case inspect.StructType():
            return make(inner.cls)
        case inspect.VarTupleType():
            return st.lists(_make_value(inner.item_type), max_size=2).map(tuple)
        case inspect.DictType():
            return st.dictionaries(NAMES, NAMES, max_size=2)
        case inspect.IntType():
            least: int = bounds.get("minimum", 0)
            return st.integers(least, min(bounds.get("maximum", least + 8), least + 8))
        case inspect.BoolType():
            return st.booleans()
        case inspect.UnionType():
            return QUANTITIES
    return NAMES


SIZINGS = st.builds(
    Sizing, st.none() | make(VirtualMachineInstancetypeSpec), make(VirtualMachinePreferenceSpec)
)
SPECS = st.builds(
    VirtualMachineInstanceSpec,
    domain=make(DomainSpec),
    volumes=st.lists(NAMES, unique=True).map(
        lambda names: tuple(Volume(name=name, empty_disk=EmptyDiskSource("1Gi")) for name in names)
    ),
    networks=st.lists(NAMES, unique=True).map(
        lambda names: tuple(Network(name=name, pod=PodNetwork()) for name in names)
    ),
    subdomain=st.none() | NAMES,
    architecture=st.sampled_from((None, "amd64", "arm64")),
    node_selector=st.dictionaries(NAMES, NAMES, max_size=1),
    scheduler_name=st.none() | NAMES,
    termination_grace_period_seconds=st.none() | st.integers(0, 60),
)
