"""The path that is authorised is the path that is served (B57), and methods."""

import pytest

from tests.integration.gateway.world import OF_NAMESPACE, OF_VM, OF_VMI, ROOT, World

TRICKS = (
    "",
    "/",
    "//",
    "*",
    "/apis/",
    "/apis//subresources.kubevirt.io/v1",
    f"{ROOT}/",
    f"{ROOT}//version",
    f"{ROOT}/version/",
    f"{ROOT}/Version",
    f"{ROOT}/version;a=b",
    f"{ROOT}/%76ersion",
    f"{ROOT}/version%00",
    f"{ROOT}/../v1/version",
    f"{ROOT}/./version",
    f"/{ROOT}/version",
    ROOT.replace("/v1", "/v2") + "/version",
    ROOT.replace("/v1", "/V1") + "/version",
    f"{OF_VM}/start/",
    f"{OF_VM}//start",
    f"{OF_VM}/Start",
    f"{OF_VM}/start;x=1",
    f"{OF_VM}/start%20",
    f"{OF_VM}%2fstart",
    f"{OF_VM}/..%2fvm1/start",
    f"{OF_VM}/../vm1/start",
    f"{OF_VM}",
    f"{OF_VM}/",
    f"{OF_VM}/status",
    f"{OF_VM}/evacuate",
    f"{OF_VM}/evacuate%2fcancel",
    f"{OF_VM}/portforward",
    f"{OF_VM}/portforward/",
    f"{OF_VM}/portforward/22/",
    f"{OF_VM}/portforward/22/tcp/",
    f"{OF_VM}/portforward/22/tcp/more",
    f"{OF_VM}/portforward//tcp",
    f"{OF_VM}/portforward/%32%32",
    f"{OF_VMI}/vnc/",
    f"{OF_VMI}/vnc/Screenshot",
    f"{OF_VMI}/vnc/screenshot/more",
    f"{OF_VMI}/vnc%2fscreenshot",
    f"{OF_VMI}/start",
    f"{OF_NAMESPACE}/virtualmachines//start",
    f"{OF_NAMESPACE}/virtualmachines/VM1/start",
    f"{OF_NAMESPACE}/virtualmachines/vm%31/start",
    f"{OF_NAMESPACE}/virtualmachines/v%c3%acm/start",
    f"{OF_NAMESPACE}/virtualmachines/-vm/start",
    f"{OF_NAMESPACE}/virtualmachines/{'a' * 254}/start",
    f"{OF_NAMESPACE}/VirtualMachines/vm1/start",
    f"{OF_NAMESPACE}/pods/vm1/start",
    f"{OF_NAMESPACE}/expand-vm-spec/",
    f"{OF_NAMESPACE}/version",
    f"{ROOT}/expand-vm-spec",
    f"{ROOT}/namespaces//virtualmachines/vm1/start",
    f"{ROOT}/namespaces/n.s/virtualmachines/vm1/start",
    f"{ROOT}/namespaces/{'a' * 64}/virtualmachines/vm1/start",
    f"{ROOT}/virtualmachines/vm1/start",
    "/openapi/v2/",
    "/openapi/v3/apis/subresources.kubevirt.io/v2",
    "/virtualmachines-validate/",
)


@pytest.mark.parametrize("path", [each for each in TRICKS if each.startswith("/")])
async def test_what_is_not_quite_a_path_is_none(world: World, path: str) -> None:
    for anonymous in (False, True):
        for method in ("GET", "PUT", "POST"):
            answer = await world.call(method, path, anonymous=anonymous)
            assert answer.status[:2] == (404, "NotFound")
    assert world.api.reviews == []


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
async def test_other_methods_are_405(world: World, method: str) -> None:
    answer = await world.call(method, f"{OF_VM}/start")
    assert answer.code == 405
    assert answer.headers["Allow"] == "PUT"
    assert world.api.reviews == []


async def test_documents_can_only_be_read(world: World) -> None:
    for path in ("/apis", "/openapi/v2", "/openapi/v3", ROOT):
        assert (await world.put(path)).status[:2] == (405, "MethodNotAllowed")


async def test_a_query_changes_no_path(world: World) -> None:
    await world.put(f"{OF_VM}/start?/../../other=/namespaces/x")
    assert world.api.reviews[0]["resourceAttributes"]["namespace"] == "ns"


async def test_both_versions_are_served(world: World) -> None:
    older = f"{OF_VM}/start".replace("/v1/", "/v1alpha3/")
    assert (await world.put(older)).status[:2] == (404, "NotFound")
    assert world.api.reviews[0]["resourceAttributes"]["version"] == "v1alpha3"
