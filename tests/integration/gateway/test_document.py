"""Discovery and OpenAPI, as kube-apiserver and kubectl ask for them."""

import json

import pytest

from tests.integration.gateway.world import ROOT, World

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
DOCUMENTS = (
    "/apis",
    "/apis/subresources.kubevirt.io",
    ROOT,
    ROOT.replace("v1", "v1alpha3"),
    "/openapi/v2",
    "/openapi/v3",
    f"/openapi/v3{ROOT}",
)


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_documents_are_open_and_have_tags(world: World, path: str) -> None:
    first = await world.get(path, anonymous=True)
    assert first.code == 200
    assert first.headers["Content-Type"] == "application/json"
    assert isinstance(first.json, dict)
    tag = first.headers["ETag"]
    again = await world.get(path, anonymous=True, headers=[("If-None-Match", tag)])
    assert (again.code, again.body) == (304, b"")
    other = await world.get(path, anonymous=True, headers=[("If-None-Match", '"other"')])
    assert other.body == first.body


async def test_aggregated_discovery_is_given_to_who_asks(world: World) -> None:
    answer = await world.get("/apis", headers=[("Accept", AGGREGATED)])
    media_type = AGGREGATED.partition(",")[0]
    assert answer.headers["Content-Type"] == media_type
    assert answer.json["kind"] == "APIGroupDiscoveryList"
    older = await world.get("/apis", headers=[("Accept", AGGREGATED.partition(",")[2])])
    assert older.json["apiVersion"] == "apidiscovery.k8s.io/v2beta1"


async def test_protobuf_alone_cannot_be_had(world: World) -> None:
    accept = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
    path = f"/openapi/v3{ROOT}"
    assert (await world.get(path, headers=[("Accept", accept)])).status[0] == 406
    either = [("Accept", f"{accept},application/json;q=0.5")]
    assert (await world.get(path, headers=either)).code == 200


async def test_the_index_names_documents_that_are_there(world: World) -> None:
    for entry in (await world.get("/openapi/v3")).json["paths"].values():
        assert (await world.get(entry["serverRelativeURL"])).json["openapi"] == "3.0.0"


async def test_the_version_can_be_parsed(world: World) -> None:
    info = (await world.get(f"{ROOT}/version", anonymous=True)).json
    assert info["gitVersion"].startswith("v0.")
    assert set(info) == {
        "gitVersion",
        "gitCommit",
        "gitTreeState",
        "buildDate",
        "goVersion",
        "compiler",
        "platform",
    }


async def test_health_is_told_from_what_is_known(world: World) -> None:
    requests = world.api.requests
    answer = await world.get(f"{ROOT}/healthz", anonymous=True)
    assert json.loads(answer.body) == {"apiserver": {"connectivity": "ok"}}
    assert world.api.requests == requests
