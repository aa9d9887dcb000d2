"""The users' own way to kube-apiserver: their credentials, and none of the gateway's."""

import asyncio
import hashlib
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
    WSServerHandshakeError,
)
from yarl import URL

from gateway.refusal import Refused
from gateway.stream.socket_option import make_socket
from gateway.ui.certificate import load_pair
from gateway.ui.session import Credentials
from kube.config import Server

MAX_MESSAGE_BYTES: Final = 4 << 20
CONTEXTS: Final = 64
SLIMMED: Final = 32  # answers that are made smaller at once; each takes 0.4 MiB
_CONNECT_SECONDS: Final = 10.0
# kube-apiserver itself ends what is no watch after a minute.
_HEAD_SECONDS: Final = 70.0
_CLOSE_SECONDS: Final = 3.0
_REVIEW_BYTES: Final = 64 * 1024
_REVIEW: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW_BODY: Final = msgspec.json.encode(
    {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
)
_ANONYMOUS: Final = "system:anonymous"


class _UserInfo(msgspec.Struct, frozen=True):
    username: str = ""


class _ReviewStatus(msgspec.Struct, frozen=True, rename="camel"):
    user_info: _UserInfo = _UserInfo()


class _Review(msgspec.Struct, frozen=True):
    status: _ReviewStatus = _ReviewStatus()


class Upstream:
    """Connections to one API server. Those with a certificate are one user's alone."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._plain = server.build_context()
        self._contexts: OrderedDict[bytes, ssl.SSLContext] = OrderedDict()
        self.slimming = asyncio.Semaphore(SLIMMED)
        self._session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=60, socket_factory=make_socket),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding", "User-Agent"),
        )

    async def close(self) -> None:
        await self._session.close()

    @asynccontextmanager
    async def open(
        self,
        credentials: Credentials,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | bytes | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """Send a request; raises Refused when no answer begins.

        ``target`` is path and query, encoded already.
        """
        sending = self._session.request(
            method,
            URL(self._server.host + target, encoded=True),
            headers={**headers, **_authorize(credentials)},
            data=body,
            ssl=self._find_context(credentials),
            server_hostname=self._server.server_name,
            allow_redirects=False,
            timeout=ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        )
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                answer = await sending
        except TimeoutError as error:
            raise Refused(504, "the API server did not answer in time") from error
        except (ClientError, OSError) as error:
            raise Refused(503, "the API server cannot be reached", headers=_LATER) from error
        async with answer:
            yield answer

    async def open_socket(
        self,
        credentials: Credentials,
        target: str,
        protocols: Sequence[str],
        headers: Mapping[str, str],
    ) -> ClientWebSocketResponse[bool]:
        """Open a websocket; raises Refused with the code of the API server's refusal."""
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                return await self._session.ws_connect(
                    URL(self._server.host + target, encoded=True),
                    protocols=protocols,
                    headers={**headers, **_authorize(credentials)},
                    ssl=self._find_context(credentials),
                    server_hostname=self._server.server_name,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=_CLOSE_SECONDS),
                )
        except WSServerHandshakeError as error:
            code = error.status if error.status >= 400 else 502
            raise Refused(code, f"the API server answered {error.status}") from error
        except TimeoutError as error:
            raise Refused(504, "the API server did not answer in time") from error
        except (ClientError, OSError) as error:
            raise Refused(503, "the API server cannot be reached", headers=_LATER) from error

    async def ask_name(self, credentials: Credentials) -> str:
        """Return who the API server says these are; raises Refused 401 when it knows nobody."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        async with self.open(credentials, "POST", _REVIEW, headers, _REVIEW_BODY) as answer:
            try:
                body = await read_some(answer, _REVIEW_BYTES)
            except ClientError as error:
                raise Refused(503, "the API server cannot be reached", headers=_LATER) from error
            if answer.status == 401:
                raise Refused(401, "this cluster does not accept these credentials")
            if answer.status >= 400:
                raise Refused(502, f"the API server answered {answer.status} to who this is")
        try:
            name = msgspec.json.decode(body, type=_Review).status.user_info.username
        except msgspec.DecodeError as error:
            raise Refused(502, "the API server's answer cannot be read") from error
        if name in {"", _ANONYMOUS}:
            raise Refused(401, "this cluster does not accept these credentials")
        return name

    def _find_context(self, credentials: Credentials) -> ssl.SSLContext:
        """Return a context of the user's own if a certificate speaks for them.

        Connections are pooled by context, so nobody comes to use another's.
        """
        if not credentials.key:
            return self._plain
        digest = hashlib.sha256(b"\0".join((credentials.key, *credentials.certificates))).digest()
        context = self._contexts.pop(digest, None)
        if context is None:
            context = self._server.build_context()
            load_pair(context, credentials)
        self._contexts[digest] = context
        if len(self._contexts) > CONTEXTS:
            self._contexts.popitem(last=False)
        return context


_LATER: Final = {"Retry-After": "1"}


async def read_some(answer: ClientResponse, limit: int) -> bytes:
    """Return what an answer says, in as many pieces as it comes, and of a longer one enough."""
    body = b""
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > limit:
            break
    return body[:limit]


def _authorize(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials.token}"} if credentials.token else {}
