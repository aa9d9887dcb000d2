"""The controller's own process, which ends as if by kill -9 right after one API write.

``python -m tests.integration.controller.dying ARGUMENT…`` takes the controller's arguments. The
write takes effect and its answer is never read. Leases and events do not count.
"""

import os
import sys
from collections.abc import Mapping

from controller.main import main
from kube.transport import HttpTransport, Response

FREE = ("/leases", "/events")
DEATH = 9  # exit code

_send = HttpTransport.request


async def _send_and_die(
    self: HttpTransport,
    method: str,
    path: str,
    query: Mapping[str, str],
    *,
    body: bytes | None,
    content_type: str,
    deadline_seconds: float,
) -> Response:
    response = await _send(
        self,
        method,
        path,
        query,
        body=body,
        content_type=content_type,
        deadline_seconds=deadline_seconds,
    )
    if method != "GET" and response.status < 300 and not any(part in path for part in FREE):
        print(f"died after {method} {path}", file=sys.stderr, flush=True)
        os._exit(DEATH)
    return response


if __name__ == "__main__":
    HttpTransport.request = _send_and_die  # type: ignore[method-assign]
    sys.exit(main())
