"""Webhooks ask nobody who they are: what strangers send there costs others nothing but CPU."""

import asyncio
import json
from typing import Final

import pytest

import gateway.server
from tests.integration.gateway.world import HOST, World

PATH: Final = "/virtualmachines-validate"
HEAD: Final = f"POST {PATH} HTTP/1.1\r\nHost: virt-api\r\nContent-Type: application/json\r\n"
JSON: Final = [("Content-Type", "application/json")]


def build_review(disks: int) -> bytes:
    """Return the question whether a VM of so many disks is right."""
    devices = {"disks": [{"name": f"d{n}", "disk": {"bus": "virtio"}} for n in range(disks)]}
    volumes = [{"name": f"d{n}", "emptyDisk": {"capacity": "1Gi"}} for n in range(disks)]
    template = {"spec": {"domain": {"devices": devices}, "volumes": volumes}}
    vm = {"metadata": {"name": "a"}, "spec": {"runStrategy": "Halted", "template": template}}
    request = {"uid": "1", "operation": "CREATE", "namespace": "web", "object": vm}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(review).encode()


async def test_others_are_served_while_a_large_object_is_judged(world: World) -> None:
    judged = asyncio.create_task(
        world.call("POST", PATH, build_review(3000), headers=JSON, anonymous=True)
    )
    served = 0
    while not judged.done():
        assert (await world.get("/apis")).code == 200
        served += 1
    assert (await judged).code == 200
    assert served >= 2  # of one process; while it blocked, there was one


async def test_reviews_at_once_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.server, "REVIEWS", 2)
    monkeypatch.setattr(gateway.server, "BODY_SECONDS", 1.0)
    context = world.build_context(None)
    lines = [
        await asyncio.open_connection(HOST, world.port, ssl=context, server_hostname="virt-api")
        for _ in range(3)
    ]
    for _, writer in lines:  # bodies that do not come
        writer.write(f"{HEAD}Content-Length: 9\r\n\r\n".encode())
    async with asyncio.timeout(60):
        codes = sorted([(await reader.readline()).split()[1] for reader, _ in lines])
    for _, writer in lines:
        writer.close()
    assert codes == [b"408", b"408", b"503"]
    again = await world.call("POST", PATH, build_review(1), headers=JSON, anonymous=True)
    assert again.code == 200


async def test_a_review_is_no_larger_than_objects_can_be(world: World) -> None:
    body = b" " * (gateway.server.REVIEW_BYTES + 1)
    answer = await world.call("POST", PATH, body, headers=JSON, anonymous=True)
    assert answer.status[0] == 413
