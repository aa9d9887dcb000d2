"""Who gets a certificate: the gateway and the handlers."""

from collections.abc import Mapping

from api.door import ROLE_GATEWAY, ROLE_HANDLER
from api.names import SECRET_API_CERTIFICATE, SECRET_HANDLER_CERTIFICATE
from controller.trust.contract import Leaf, Usage


def build_leaves(namespace: str) -> Mapping[str, Leaf]:
    """Return the certificates of an installation by the names of their Secrets.

    The gateway is called by the API server under the names of its Service, and shows the same
    certificate to handlers. A handler only answers.
    """
    gateway = ROLE_GATEWAY
    names = (
        gateway,
        f"{gateway}.{namespace}",
        f"{gateway}.{namespace}.svc",
        f"{gateway}.{namespace}.svc.cluster.local",
    )
    return {
        SECRET_API_CERTIFICATE: Leaf(gateway, names, (Usage.SERVER, Usage.CLIENT)),
        SECRET_HANDLER_CERTIFICATE: Leaf(ROLE_HANDLER, (ROLE_HANDLER,), (Usage.SERVER,)),
    }
