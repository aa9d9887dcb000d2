"""What the port proves itself with."""

import asyncio
import ssl

from api.door import ROLE_GATEWAY
from api.names import SECRET_UI_CERTIFICATE
from daemon.tls import Material, read_role
from tests.authority import Authority
from tests.integration.gateway.ui.world import World, put_certificate_of_pages

OTHERS = Authority("company")


async def test_it_shows_the_installations_certificate_and_asks_browsers_for_none(
    world: World,
) -> None:
    assert await _find_name(world, world.own) == ROLE_GATEWAY


async def test_an_administrators_certificate_goes_before_it_while_it_is_good(world: World) -> None:
    good = OTHERS.issue("vms.example")
    put_certificate_of_pages(world.api, good)
    await _wait_for(world, OTHERS, "vms.example")
    put_certificate_of_pages(world.api, Material(b"no certificate", good.key, b""))
    await _wait_for(world, world.own, ROLE_GATEWAY)
    put_certificate_of_pages(world.api, good)
    await _wait_for(world, OTHERS, "vms.example")
    world.api.remove("secrets", SECRET_UI_CERTIFICATE, "kubevirt")
    await _wait_for(world, world.own, ROLE_GATEWAY)


async def _wait_for(world: World, authority: Authority, name: str) -> None:
    async with asyncio.timeout(60):
        while await _find_name(world, authority) != name:
            pass


async def _find_name(world: World, authority: Authority) -> str:
    """Return whose certificate the port shows; empty if the authority did not sign it."""
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    context.check_hostname = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", world.port, ssl=context)
    except ssl.SSLCertVerificationError:
        return ""
    shown = writer.get_extra_info("peercert")
    writer.close()
    return read_role(shown)
