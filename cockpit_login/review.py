"""Asks kube-apiserver whose a token is, with that token and no rights of our own."""

import http.client
import json
import ssl
from typing import Final

from cockpit_login.kubeconfig import Server
from cockpit_login.refusal import Refusal

SECONDS: Final = 10.0
_ANSWER_BYTES: Final = 256 * 1024
_PATH: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_BODY: Final = json.dumps(
    {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
).encode()


def review_token(server: Server, token: str) -> str:
    """Return the name of the user whose token it is.

    Raises:
        Refusal: nobody's, or the API server does not say.
    """
    try:
        status, body = _ask(server, token)
    except (OSError, http.client.HTTPException) as error:
        raise Refusal("internal-error", "the Kubernetes API cannot be reached") from error
    if status == http.HTTPStatus.UNAUTHORIZED:
        raise Refusal("authentication-failed", "the cluster does not know this token")
    if status == http.HTTPStatus.FORBIDDEN:
        raise Refusal("access-denied", "this token may not even ask whose it is")
    if status != http.HTTPStatus.CREATED:
        raise Refusal("internal-error", f"the Kubernetes API answered {status}")
    return _read_user(body)


def _ask(server: Server, token: str) -> tuple[int, bytes]:
    trust = ssl.create_default_context(cafile=server.authority)
    connection = http.client.HTTPSConnection(
        server.host, server.port, timeout=SECONDS, context=trust
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", _PATH, body=_BODY, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_ANSWER_BYTES)
    finally:
        connection.close()


def _read_user(body: bytes) -> str:
    try:
        name = json.loads(body)["status"]["userInfo"]["username"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("internal-error", "the Kubernetes API answered nothing sensible") from error
    if not isinstance(name, str) or not name or name == "system:anonymous":
        raise Refusal("authentication-failed", "the cluster does not know this token")
    return name
