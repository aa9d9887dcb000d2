"""What the API server tells of itself: version, health, the image for `guestfs`."""

import platform
import sys
from collections.abc import Callable
from typing import Final

from aiohttp import web

from api.names import SUBRESOURCE_GROUP
from gateway.answer import answer_json
from gateway.call import Call, Handlers
from gateway.refusal import Refused
from gateway.route import RouteKey
from kube.client import VERSION

# As of clients written in Go, which read it; what has no meaning in Python is said as it is.
INFO: Final = {
    "gitVersion": f"v{VERSION}",
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "",
    "goVersion": f"python{platform.python_version()}",
    "compiler": sys.implementation.name,
    "platform": f"{sys.platform}/{platform.machine()}",
}


def build_handlers(is_ready: Callable[[], bool], guestfs_image: str) -> Handlers:
    """Return what serves them."""

    async def tell_version(_: Call) -> web.Response:
        return answer_json(INFO)

    async def tell_health(_: Call) -> web.Response:
        """Tell from what is known: a path that is open to all makes no work elsewhere."""
        ready = is_ready()
        content = {"apiserver": {"connectivity": "ok" if ready else "failed"}}
        return answer_json(content, 200 if ready else 500)

    async def tell_guestfs(_: Call) -> web.Response:
        if not guestfs_image:
            raise Refused(501, f"{SUBRESOURCE_GROUP} was given no image with libguestfs")
        return answer_json({"gsImage": guestfs_image})

    return {
        RouteKey("version", ""): tell_version,
        RouteKey("healthz", ""): tell_health,
        RouteKey("guestfs", ""): tell_guestfs,
    }
