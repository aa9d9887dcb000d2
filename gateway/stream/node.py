"""A console on a node: asks the handler's `console` for a token and opens its websocket."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Final

import msgspec
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
)

from api.door import (
    ROLE_HANDLER,
    SESSION_PATH,
    SESSION_PORT,
    Refusal,
    SessionGrant,
    SessionRequest,
)
from api.problem import Problem
from gateway.call import Nodes
from gateway.refusal import Refused, refuse_state
from gateway.route import VMI
from gateway.stream.ending import NODE_LOST, Ended, read_node_close
from gateway.stream.liveness import Link
from gateway.stream.socket_option import make_socket

log = logging.getLogger(__name__)

MAX_FRAME_BYTES: Final = 1 << 20
_OPEN_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 3.0
_MAX_ANSWER_BYTES: Final = 16 * 1024


class NodeEnd:
    """The websocket of one session, and the connection that it alone uses."""

    def __init__(self, session: ClientSession, websocket: ClientWebSocketResponse[bool]) -> None:
        self._session = session
        self._socket = websocket
        self._now = asyncio.get_running_loop().time
        # How long it takes our bytes is the guest's business; the kernel sees a node that is gone.
        self._link = Link(self._now(), patient=True)

    @property
    def link(self) -> Link:
        return self._link

    async def read(self) -> bytes:
        while True:
            message = await self._socket.receive()
            self._link.hear(self._now())
            match message.type:
                case WSMsgType.BINARY:
                    data: bytes = message.data
                    return data
                case WSMsgType.PING:
                    await self._send(self._socket.pong(message.data))
                case WSMsgType.PONG:
                    pass
                case WSMsgType.CLOSE:
                    raise Ended(read_node_close(message.data, message.extra or ""))
                case _:
                    raise Ended(NODE_LOST)

    async def write(self, data: bytes) -> None:
        self._link.begin_to_send(self._now())
        await self._send(self._socket.send_bytes(data))
        self._link.end_to_send(self._now())

    async def ping(self) -> None:
        await self._send(self._socket.ping())

    async def close(self) -> None:
        try:
            with contextlib.suppress(TimeoutError, ClientError, OSError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._socket.close()
        finally:
            await self._session.close()

    async def _send(self, sending: Coroutine[None, None, None]) -> None:
        try:
            await sending
        except (ClientConnectionError, OSError) as error:
            raise Ended(NODE_LOST) from error


async def open_console(nodes: Nodes, node: str, wanted: SessionRequest) -> NodeEnd:
    """Return the console's far end, or raise Refused with what the node says."""
    base = _build_base(nodes.find_address(node))
    try:
        context = nodes.tls.context
    except Problem as problem:
        raise Refused(503, problem.message) from problem
    # A connector of its own, for one connection: the token is fetched on what is then upgraded.
    connector = TCPConnector(ssl=context, limit=1, socket_factory=make_socket)
    session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            grant = await _ask(session, base, wanted)
            websocket = await session.ws_connect(
                f"{base}/?token={grant.token}",
                server_hostname=ROLE_HANDLER,
                protocols=("binary",),
                autoping=False,
                max_msg_size=MAX_FRAME_BYTES + 1,
                timeout=ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            )
    except WSServerHandshakeError as error:  # its body is lost: the words are ours
        await session.close()
        raise _refuse(error.status, b"", wanted) from error
    except (ClientError, TimeoutError, OSError) as error:
        await session.close()
        fields = {"node": node, "error": f"{type(error).__name__}: {error}"}
        log.warning("node's consoles do not answer", extra=fields)
        raise Refused(503, f"the consoles of node {node} do not answer; try again") from error
    except BaseException:
        await session.close()
        raise
    return NodeEnd(session, websocket)


def _build_base(address: str) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"https://{host}:{SESSION_PORT}"


async def _ask(session: ClientSession, base: str, wanted: SessionRequest) -> SessionGrant:
    """Get a token."""
    async with session.post(
        base + SESSION_PATH,
        data=msgspec.json.encode(wanted),
        headers={"Content-Type": "application/json"},
        server_hostname=ROLE_HANDLER,
        allow_redirects=False,
        timeout=ClientTimeout(total=_OPEN_SECONDS),
    ) as answer:
        body = await _read_bounded(answer)
        if answer.status != 200:
            raise _refuse(answer.status, body, wanted)
        try:
            return msgspec.json.decode(body, type=SessionGrant)
        except msgspec.DecodeError as error:
            raise Refused(500, "the node's answer cannot be read") from error


async def _read_bounded(answer: ClientResponse) -> bytes:
    body = b""
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES:
            raise Refused(500, "the node's answer is too long")
    return body


def _refuse(status: int, body: bytes, wanted: SessionRequest) -> Refused:
    """Return what the user is told of a node's refusal."""
    try:
        message = msgspec.json.decode(body, type=Refusal).message
    except msgspec.DecodeError:
        message = f"the {wanted.kind} console is not to be had now (the node answered {status})"
    if status in {404, 409}:  # the VMI is there, and what it runs in is not, or not any more
        return refuse_state(VMI, wanted.name, message)
    return Refused(status if status in {503, 504} else 500, message)
