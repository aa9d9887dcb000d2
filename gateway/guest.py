"""Verbs that a VMI's node carries out: pause, reset, freeze, metrics, what its agent tells."""

from collections.abc import Callable
from functools import partial

from aiohttp import web

from api.door import NodeVerb, VerbRequest
from api.guest import GuestAgentInfo, build_filesystem_list, build_user_list
from api.meta import ApiStruct
from api.metric import GuestMetrics
from gateway.answer import answer_json, answer_nothing
from gateway.body import decode_body, read_dry_run
from gateway.call import Call, Handlers, Machines
from gateway.duration import parse_seconds
from gateway.node import NodeClient
from gateway.refusal import Refused
from gateway.route import VMI, RouteKey
from gateway.state import check_verb
from kube.client import decode


class PauseOptions(ApiStruct, frozen=True):
    """Body of pause and unpause."""

    dry_run: tuple[str, ...] = ()
    """All: only say what would happen."""


class FreezeOptions(ApiStruct, frozen=True):
    """Body of a freeze."""

    unfreeze_timeout: str = "5m"
    """When the filesystems are thawed, whatever happens; 0s: never. No guest stays frozen because
    who froze it forgot it, unless they say so."""


def build_handlers(machines: Machines, nodes: NodeClient) -> Handlers:
    """Return what serves the verbs of VMIs."""
    guest = _Guest(machines, nodes)
    return {
        RouteKey(VMI, "pause"): partial(guest.pause, NodeVerb.PAUSE),
        RouteKey(VMI, "unpause"): partial(guest.pause, NodeVerb.UNPAUSE),
        RouteKey(VMI, "reset"): partial(guest.do, NodeVerb.RESET),
        RouteKey(VMI, "softreboot"): partial(guest.do, NodeVerb.SOFT_REBOOT),
        RouteKey(VMI, "freeze"): guest.freeze,
        RouteKey(VMI, "unfreeze"): partial(guest.do, NodeVerb.UNFREEZE),
        RouteKey(VMI, "guestosinfo"): partial(guest.tell, lambda info: info),
        RouteKey(VMI, "userlist"): partial(guest.tell, build_user_list),
        RouteKey(VMI, "filesystemlist"): partial(guest.tell, build_filesystem_list),
        RouteKey(VMI, "metrics"): guest.measure,
        RouteKey(VMI, "vnc/screenshot"): guest.take_screenshot,
    }


class _Guest:
    def __init__(self, machines: Machines, nodes: NodeClient) -> None:
        self._machines = machines
        self._nodes = nodes

    async def pause(self, verb: NodeVerb, call: Call) -> web.Response:
        dry_run = read_dry_run(decode_body(call.body, PauseOptions).dry_run)
        await self._ask(call, verb, dry_run=dry_run)
        return answer_nothing(call.route.good)

    async def do(self, verb: NodeVerb, call: Call) -> web.Response:
        await self._ask(call, verb)
        return answer_nothing(call.route.good)

    async def freeze(self, call: Call) -> web.Response:
        options = decode_body(call.body, FreezeOptions)
        seconds = parse_seconds(options.unfreeze_timeout, "unfreezeTimeout")
        await self._ask(call, NodeVerb.FREEZE, thaw_after_seconds=seconds)
        return answer_nothing(call.route.good)

    async def tell(self, build: Callable[[GuestAgentInfo], object], call: Call) -> web.Response:
        body = await self._ask(call, NodeVerb.GUEST_INFO)
        return answer_json(build(decode(body, GuestAgentInfo)))

    async def measure(self, call: Call) -> web.Response:
        body = await self._ask(call, NodeVerb.METRICS)
        return answer_json(decode(body, GuestMetrics))

    async def take_screenshot(self, call: Call) -> web.Response:
        move_cursor = _read_flag(call, "moveCursor")
        picture = await self._ask(call, NodeVerb.SCREENSHOT, move_cursor=move_cursor)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return web.Response(body=picture, content_type=call.route.answer, headers=headers)

    async def _ask(
        self,
        call: Call,
        verb: NodeVerb,
        *,
        thaw_after_seconds: int = 0,
        move_cursor: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        vmi = await self._machines.read_vmi(call.target.namespace, call.target.name)
        check_verb(vmi, verb, dry_run=dry_run)
        if dry_run:
            return b""
        request = VerbRequest(vmi.metadata.uid, thaw_after_seconds, move_cursor)
        return await self._nodes.ask(vmi, verb, request)


def _read_flag(call: Call, name: str) -> bool:
    """Read a query parameter that is true or false, once (B59)."""
    values = call.request.query.getall(name, [])
    if len(values) > 1 or any(value not in {"", "true", "false"} for value in values):
        raise Refused(400, f"{name} is true or false")
    return values == ["true"]
