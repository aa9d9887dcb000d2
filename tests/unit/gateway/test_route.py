"""The table of routes, and how a path is found in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.route import ROOT, ROUTES, VM, VMI, Route, Target, find_routes

# The contract: kubevirt-api.md §2.1 and §2.2, and our metrics; what is built is checked beside it.
BUILT = {
    VM: "start stop restart migrate expand-spec portforward",
    VMI: "pause unpause freeze unfreeze reset softreboot guestosinfo userlist filesystemlist"
    " metrics console vnc vnc/screenshot portforward",
}
NOT_BUILT = {
    VM: "addvolume removevolume memorydump removememorydump evacuate/cancel objectgraph",
    VMI: "addvolume removevolume usbredir vsock objectgraph evacuate/cancel backup"
    " redefine-checkpoint sev/fetchcertchain sev/querylaunchmeasurement sev/setupsession"
    " sev/injectlaunchsecret",
}
PATH_TEXT = st.text("abAZ09-._/%;?~: \u00ec\0", max_size=40)


def _spell(route: Route) -> str:
    values = {"namespace": "ns", "name": "vm.1", "port": "22", "protocol": "udp"}
    return f"{ROOT}/v1{route.path.format(**values)}"


@pytest.mark.parametrize("resource", [VM, VMI])
def test_the_table_has_what_the_contract_has(resource: str) -> None:
    routes = [route for route in ROUTES if route.resource == resource]
    assert {route.subresource for route in routes if not route.feature} == set(
        BUILT[resource].split()
    )
    assert {route.subresource for route in routes if route.feature} == set(
        NOT_BUILT[resource].split()
    )


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_each_route_is_found_by_its_own_path_alone(route: Route) -> None:
    found = find_routes(_spell(route))
    assert found is not None
    methods, target = found
    assert methods[route.method] is route
    assert target.version == "v1"
    assert target.parameters == (("22", "udp") if route.parameters else ())
    spelled = _spell(route)
    for other in (f"{spelled}/", spelled[:-1], f"{spelled}x/y/z", spelled.upper(), f"/{spelled}"):
        again = find_routes(other)
        assert again is None or (route.parameters and again[0] is methods)


def test_no_path_is_two_routes() -> None:
    keys = [(*route.key, route.method) for route in ROUTES]
    assert len(keys) == len(set(keys))


def test_the_second_parameter_may_be_left_out() -> None:
    path = f"{ROOT}/v1alpha3/namespaces/ns/{VMI}/a/portforward"
    assert find_routes(path) is None
    assert find_routes(f"{path}/22/tcp/x") is None
    found = find_routes(f"{path}/22")
    assert found is not None
    assert found[1] == Target("v1alpha3", "ns", "a", ("22",))


@given(PATH_TEXT)
def test_what_is_found_has_nothing_to_decode(text: str) -> None:
    for path in (text, f"{ROOT}/v1/{text}", f"{ROOT}/v1/namespaces/{text}/{VM}/a/start"):
        found = find_routes(path)
        if found is not None:
            assert re.fullmatch(r"[a-zA-Z0-9/._-]+", path)
            assert "//" not in path
            assert ".." not in path.split("/")


@given(st.text("ab-.", min_size=1, max_size=6), st.text("ab-", min_size=1, max_size=6))
def test_names_are_passed_on_as_they_are(name: str, namespace: str) -> None:
    found = find_routes(f"{ROOT}/v1/namespaces/{namespace}/{VM}/{name}/stop")
    if found is not None:
        assert (found[1].name, found[1].namespace) == (name, namespace)
    plain = name.strip("-.") == name and namespace.strip("-") == namespace
    assert (found is not None) == plain
