"""What the gateway asks of a node: ports, paths, roles and bodies of the handler's two doors.

Both speak HTTP over TLS, both sides show a certificate of the installation's own authority, and
each looks at the other's role, which is the certificate's common name. The pod of the handler
listens on one port for verbs (its main container) and on one for sessions (`console`).
"""

from enum import StrEnum
from typing import Final
from urllib.parse import quote

from api.meta import ApiStruct

ROLE_GATEWAY: Final = "virt-api"
ROLE_HANDLER: Final = "virt-handler"  # also the DNS name in its certificate
VERB_PORT: Final = 8186
SESSION_PORT: Final = 8187
SESSION_PATH: Final = "/v1/sessions"  # POST SessionRequest, then GET /?token=… as a websocket
TOKEN_SECONDS: Final = 30
TOKEN_BITS: Final = 128


class NodeVerb(StrEnum):
    """What a node can do with a VMI that it runs; named as the subresources are."""

    PAUSE = "pause"
    UNPAUSE = "unpause"
    RESET = "reset"
    SOFT_REBOOT = "softreboot"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    GUEST_INFO = "guestosinfo"  # answers with the JSON of api.guest.GuestAgentInfo
    SCREENSHOT = "vnc/screenshot"  # answers with image/png
    METRICS = "metrics"  # answers with the JSON of api.metric.GuestMetrics


def build_verb_path(namespace: str, name: str, verb: NodeVerb) -> str:
    """Return where a verb is asked for, by POST of a VerbRequest."""
    where = f"namespaces/{quote(namespace, safe='')}/virtualmachineinstances/{quote(name, safe='')}"
    return f"/v1/{where}/{verb}"


class VerbRequest(ApiStruct, frozen=True):
    """Body of a verb."""

    uid: str
    """Of the VMI that is meant: another one of the same name is left alone."""
    thaw_after_seconds: int = 0
    """Of freeze: 0 stays frozen."""
    move_cursor: bool = False
    """Of vnc/screenshot: wakes a screen that went dark."""


class Refusal(ApiStruct, frozen=True):
    """Body of every answer that is not 200, for verbs and for sessions.

    404: no such VMI, pod or socket here. 409: not in this state. 503: busy, or too many sessions.
    502 and 504: the launcher does not answer.
    """

    reason: str
    """CamelCase."""
    message: str
    """One sentence for the user."""


class SessionKind(StrEnum):
    """Which socket of a launcher a session is with."""

    SERIAL = "serial0"
    VNC = "vnc"


class SessionRequest(ApiStruct, frozen=True):
    """Body of POST /v1/sessions: asks for the token of one websocket."""

    pod_uid: str
    namespace: str
    name: str
    """Of the VMI; with the namespace for the audit line and the caps alone."""
    kind: SessionKind
    user: str
    exclusive: bool = False
    """Close the sessions of this kind that the VMI has."""
    preserve: bool = False
    """Refuse with 503 when the VMI has a session of this kind."""


class SessionGrant(ApiStruct, frozen=True):
    """Answer to a SessionRequest."""

    token: str
    """Good for one websocket, for 30 s: 128 random bits in hexadecimal digits."""
