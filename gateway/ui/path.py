"""Which paths of kube-apiserver the pages may reach; pure.

The path goes on byte by byte as it came, so it must mean the same to everybody on the way: what a
server might normalise is refused.
"""

from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.refusal import Refused

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
ROOTS: Final = frozenset({"api", "apis", "openapi", "version"})
_BAD: Final = frozenset(b"/\\%?#;") | frozenset(range(0x20)) | {0x7F}


def check_path(path: str) -> None:
    """Raise Refused unless ``path``, encoded as it came, is one for the pages."""
    segments = [_read_segment(each) for each in path.removeprefix("/").split("/")]
    if not path.startswith("/") or segments[0] not in ROOTS:
        raise Refused(404, "of the API server, the pages have /api, /apis, /openapi and /version")
    if _is_proxy(segments):
        raise Refused(
            403,
            "what pods, services and nodes serve is not shown here: it would act as these pages; "
            "kubectl port-forward reaches it",
        )


def _read_segment(text: str) -> str:
    raw = unquote_to_bytes(text)
    if raw in {b"", b".", b".."} or not _BAD.isdisjoint(raw):
        raise Refused(400, "the path is not spelled plainly")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "the path is no UTF-8") from error


def _is_proxy(segments: list[str]) -> bool:
    match segments:
        case ["api", _, "proxy", *_]:
            return True
        case ["api", _, "nodes", _, "proxy", *_]:
            return True
        case ["api", _, "namespaces", _, "pods" | "services", _, "proxy", *_]:
            return True
    return False
