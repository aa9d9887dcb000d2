"""TLS over real sockets: who is believed, and what a renewal changes and leaves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from api.problem import Problem
from daemon.tls import ClientTls, Material, ServerTls, read_role
from tests.authority import CLIENT, SERVER, Authority, sign_self

DEADLINE_SECONDS = 60.0
HOST = "127.0.0.1"


@dataclass
class Line:
    """A client's connection to the echo server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> str:
        """Return the role that the server sees; raises what TLS raises."""
        self.writer.write(b"who\n")
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer = await self.reader.readline()
        if not answer:
            raise ConnectionResetError("closed without an answer")
        return answer.decode().strip()

    def serial(self) -> str:
        """Return the serial number of the server's certificate."""
        return str(self.writer.get_extra_info("peercert")["serialNumber"])


@asynccontextmanager
async def serving(tls: ServerTls) -> AsyncIterator[int]:
    """Tell each client, for each of its lines, the role that its certificate gives it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        role = read_role(writer.get_extra_info("peercert"))
        while await reader.readline():
            writer.write(f"<{role}>\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0, ssl=tls.context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def connected(port: int, context: ssl.SSLContext, name: str) -> AsyncIterator[Line]:
    """Open a connection; an empty name leaves the server's name out of the handshake."""
    context.check_hostname = bool(name)
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection(
            HOST, port, ssl=context, server_hostname=name
        )
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


def build_client(material: Material) -> ssl.SSLContext:
    tls = ClientTls()
    tls.renew(material)
    return tls.context


def build_nameless_client(authorities: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authorities.decode())
    return context


async def ask(port: int, material: Material, name: str = "server") -> str:
    async with connected(port, build_client(material), name) as line:
        return await line.ask()


async def read_serial(port: int, material: Material, name: str) -> str:
    async with connected(port, build_client(material), name) as line:
        await line.ask()
        return line.serial()


def build_server(material: Material, **options: Any) -> ServerTls:  # Any: as ServerTls takes it
    tls = ServerTls(**({"client_certificates": "required"} | options))
    tls.renew(material)
    return tls


async def test_peers_of_one_authority_know_each_other() -> None:
    authority = Authority()
    async with serving(build_server(authority.issue("server"))) as port:
        assert await ask(port, authority.issue("virt-api", usages=(CLIENT,))) == "<virt-api>"


@pytest.mark.parametrize("name", ["server", ""])
async def test_a_renewal_shows_later_connections_the_new_certificate(name: str) -> None:
    authority = Authority()
    client = authority.issue("client")
    tls = build_server(authority.issue("server"))
    async with serving(tls) as port:
        before = await read_serial(port, client, name)
        tls.renew(authority.issue("server"))
        after = await read_serial(port, client, name)
        assert before != after
        assert await read_serial(port, client, name) == after


@pytest.mark.parametrize("name", ["server", ""])
async def test_a_renewal_changes_which_clients_are_believed(name: str) -> None:
    old, new = Authority("old"), Authority("new")
    both = old.certificate + new.certificate
    of_old, of_new = (item.issue("client", authorities=both) for item in (old, new))
    tls = build_server(old.issue("server"))
    async with serving(tls) as port:
        assert await ask(port, of_old, name) == "<client>"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, of_new, name)
        tls.renew(new.issue("server"))
        assert await ask(port, of_new, name) == "<client>"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, of_old, name)
        tls.renew(new.issue("server", authorities=both))
        assert await ask(port, of_old, name) == "<client>"
        assert await ask(port, of_new, name) == "<client>"


async def test_a_client_that_was_here_cannot_return_after_its_authority_went() -> None:
    old, new = Authority("old"), Authority("new")
    client = build_client(old.issue("client", authorities=old.certificate + new.certificate))
    tls = build_server(old.issue("server"))
    async with serving(tls) as port:
        async with connected(port, client, "server") as line:
            assert await line.ask() == "<client>"
        tls.renew(new.issue("server"))
        async with connected(port, client, "server") as line:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await line.ask()


async def test_a_server_gives_no_session_to_resume() -> None:
    authority = Authority()
    context = build_client(authority.issue("client"))
    async with (
        serving(build_server(authority.issue("server"))) as port,
        connected(port, context, "server") as line,
    ):
        await line.ask()
        session = line.writer.get_extra_info("ssl_object").session
        assert session is None or not session.has_ticket


async def test_open_connections_outlive_a_renewal_of_either_side() -> None:
    old, new = Authority("old"), Authority("new")
    server = build_server(old.issue("server"))
    client = ClientTls()
    client.renew(old.issue("client"))
    async with serving(server) as port, connected(port, client.context, "server") as line:
        assert await line.ask() == "<client>"
        server.renew(new.issue("server"))
        client.renew(new.issue("client"))
        assert await line.ask() == "<client>"
        async with connected(port, client.context, "server") as later:
            assert await later.ask() == "<client>"
            assert later.serial() != line.serial()


async def test_clients_may_be_of_another_authority_than_the_server() -> None:
    own, proxy = Authority("own"), Authority("front proxy")
    tls = ServerTls(client_certificates="required")
    tls.renew(own.issue("server"), proxy.certificate)
    async with serving(tls) as port:
        assert await ask(port, proxy.issue("proxy", authorities=own.certificate)) == "<proxy>"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, own.issue("proxy"))


def forge(authority: Authority, how: str) -> Material:
    """Make a client's certificate that is not to be believed."""
    made = {
        "expired": lambda: authority.issue("virt-api", valid=False),
        "foreign": lambda: Authority().issue("virt-api"),
        "self-signed": lambda: sign_self("virt-api"),
        "of a server": lambda: authority.issue("virt-api", usages=(SERVER,)),
    }[how]()
    return Material(made.certificate, made.key, authority.certificate)


@pytest.mark.parametrize("how", ["expired", "foreign", "self-signed", "of a server"])
@pytest.mark.parametrize("demand", ["required", "optional"])
async def test_a_bad_client_certificate_is_refused(how: str, demand: str) -> None:
    authority = Authority()
    tls = build_server(authority.issue("server"), client_certificates=demand)
    async with serving(tls) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, forge(authority, how))
        assert await ask(port, authority.issue("virt-api")) == "<virt-api>"


async def test_no_client_certificate_is_refused_where_one_is_required() -> None:
    authority = Authority()
    async with (
        serving(build_server(authority.issue("server"))) as port,
        connected(port, build_nameless_client(authority.certificate), "server") as line,
    ):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await line.ask()


@pytest.mark.parametrize("name", ["server", ""])
async def test_no_client_certificate_is_nobody_where_it_is_optional(name: str) -> None:
    authority = Authority()
    tls = build_server(authority.issue("server"), client_certificates="optional")
    async with (
        serving(tls) as port,
        connected(port, build_nameless_client(authority.certificate), name) as line,
    ):
        assert await line.ask() == "<>"


@pytest.mark.parametrize("how", ["expired", "foreign", "self-signed", "of a client", "renamed"])
async def test_a_bad_server_certificate_is_refused(how: str) -> None:
    authority = Authority()
    server = {
        "expired": lambda: authority.issue("server", valid=False),
        "foreign": lambda: Authority().issue("server"),
        "self-signed": lambda: sign_self("server"),
        "of a client": lambda: authority.issue("server", usages=(CLIENT,)),
        "renamed": lambda: authority.issue("other"),
    }[how]()
    tls = ServerTls(client_certificates="required")
    tls.renew(server, authority.certificate)
    async with serving(tls) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(port, authority.issue("client"))


async def test_older_tls_is_refused() -> None:
    authority = Authority()
    context = build_client(authority.issue("client"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(build_server(authority.issue("server"))) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            async with connected(port, context, "server"):
                pass


async def test_nobody_is_served_before_the_first_material() -> None:
    authority = Authority()
    tls = ServerTls(client_certificates="required")
    async with serving(tls) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, authority.issue("client"))
        tls.renew(authority.issue("server"))
        assert await ask(port, authority.issue("client")) == "<client>"


def test_a_client_without_material_says_so() -> None:
    with pytest.raises(Problem, match="no certificate has come yet") as caught:
        _ = ClientTls().context
    assert caught.value.retryable


def spoil(good: Material, how: str) -> Material:
    other = Authority().issue("server")
    return {
        "no certificate": Material(b"", good.key, good.authorities),
        "garbage": Material(b"garbage", good.key, good.authorities),
        "key of another": Material(good.certificate, other.key, good.authorities),
        "no authority": Material(good.certificate, good.key, b""),
        "authority is no text": Material(good.certificate, good.key, b"\xff\xfe"),
        "authority is garbage": Material(good.certificate, good.key, b"garbage"),
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "no certificate",
        "garbage",
        "key of another",
        "no authority",
        "authority is no text",
        "authority is garbage",
    ],
)
async def test_bad_material_is_refused_and_the_former_stays(how: str) -> None:
    authority = Authority()
    good, client = authority.issue("server"), authority.issue("client")
    tls, caller = build_server(good), ClientTls()
    caller.renew(client)
    async with serving(tls) as port:
        for side in (tls, caller):
            with pytest.raises(Problem, match="cannot use the TLS material"):
                side.renew(spoil(good, how))
        async with connected(port, caller.context, "server") as line:
            assert await line.ask() == "<client>"


@pytest.mark.parametrize(
    ("subject", "role"),
    [
        (((("commonName", "virt-api"),),), "virt-api"),
        (((("organizationName", "a"),), (("commonName", "virt-api"),)), "virt-api"),
        (((("commonName", "virt-api"),), (("commonName", "other"),)), ""),
        (((("organizationName", "virt-api"),),), ""),
        ((), ""),
    ],
)
def test_a_role_is_the_one_common_name(subject: object, role: str) -> None:
    assert read_role({"subject": subject}) == role


def test_no_certificate_has_no_role() -> None:
    assert read_role(None) == ""
    assert read_role({}) == ""
