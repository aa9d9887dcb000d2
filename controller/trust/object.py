"""The objects that hold certificates, and those that say whom to trust; and their patches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from api.names import (
    ANNOTATION_ANNOUNCED_AT,
    ANNOTATION_RETIRED_UNTIL,
    COMPONENT_CONTROLLER,
    LABEL_COMPONENT,
    LABEL_MANAGED_BY,
)
from controller.clock import parse_time
from controller.merge import Json, pin
from controller.trust.contract import Pair
from controller.trust.pem import split_bundle
from controller.trust.seen import Holding

CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"
AUTHORITIES: Final = "ca.crt"
NEXT_CERTIFICATE: Final = "next.crt"
NEXT_KEY: Final = "next.key"
CONFIG_KEY: Final = "ca-bundle"


class TrustMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Metadata of all of these."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    annotations: dict[str, str] = {}

    def read_time(self, annotation: str) -> datetime | None:
        """Return the time in an annotation; None for none, and for what we did not write."""
        moment = parse_time(self.annotations.get(annotation))
        return moment if moment is not None and moment.tzinfo is not None else None


class Secret(msgspec.Struct, frozen=True):
    """A Secret with a certificate."""

    metadata: TrustMeta
    data: dict[str, bytes] = {}

    def __repr__(self) -> str:
        """Leave the keys out."""
        return f"Secret({self.metadata!r})"

    def read(self, key: str) -> str:
        return self.data.get(key, b"").decode(errors="replace")

    def read_pair(self, certificate: str = CERTIFICATE, key: str = KEY) -> Pair:
        """Return a pair; its certificate is spelled as it is in bundles."""
        text = self.read(certificate)
        return Pair(next(iter(split_bundle(text)), text), self.read(key))


class ConfigMap(msgspec.Struct, frozen=True):
    """The ConfigMap of the authorities."""

    metadata: TrustMeta
    data: dict[str, str] = {}

    @property
    def bundle(self) -> str:
        return self.data.get(CONFIG_KEY, "")


class ApiServiceSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Whom the API server trusts when it calls an aggregated API."""

    ca_bundle: bytes = b""


class ApiService(msgspec.Struct, frozen=True):
    """An aggregated API."""

    metadata: TrustMeta
    spec: ApiServiceSpec = ApiServiceSpec()

    @property
    def bundle(self) -> str:
        return self.spec.ca_bundle.decode(errors="replace")


class ClientConfig(msgspec.Struct, frozen=True, rename="camel"):
    """Whom the API server trusts when it calls a webhook."""

    ca_bundle: bytes = b""


class Webhook(msgspec.Struct, frozen=True, rename="camel"):
    """One webhook."""

    client_config: ClientConfig = ClientConfig()


class WebhookConfiguration(msgspec.Struct, frozen=True):
    """Webhooks, mutating or validating."""

    metadata: TrustMeta
    webhooks: tuple[Webhook, ...] = ()

    @property
    def bundle(self) -> str | None:
        """The bundle that all have; nothing when they differ, None when there are none."""
        bundles = {each.client_config.ca_bundle for each in self.webhooks}
        if not bundles:
            return None
        return bundles.pop().decode(errors="replace") if len(bundles) == 1 else ""


def build_pair_data(pair: Pair, bundle: str) -> Json:
    """Return a certificate as the data of its Secret."""
    return {
        CERTIFICATE: pair.certificate.encode(),
        KEY: pair.key.encode(),
        AUTHORITIES: bundle.encode(),
    }


def build_authority_data(holding: Holding) -> Json:
    """Return the data of the authority's Secret; None is not there."""
    following = holding.following
    return build_pair_data(holding.current, holding.bundle) | {
        NEXT_CERTIFICATE: following.certificate.encode() if following else None,
        NEXT_KEY: following.key.encode() if following else None,
    }


def build_authority_annotations(holding: Holding) -> dict[str, str | None]:
    """Return the times that belong to the authority; None is not there."""
    return {
        ANNOTATION_ANNOUNCED_AT: _format(holding.announced_at),
        ANNOTATION_RETIRED_UNTIL: _format(holding.retired_until),
    }


def _format(moment: datetime | None) -> str | None:
    """Write a time so that the same one is read."""
    return moment.isoformat() if moment is not None else None


def build_secret(
    namespace: str, name: str, data: Json, annotations: Mapping[str, str | None]
) -> Json:
    """Return a new Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": _build_meta(namespace, name) | {"annotations": _drop_none(annotations)},
        "data": _drop_none(data),
    }


def build_config_map(namespace: str, name: str, bundle: str) -> Json:
    """Return a new ConfigMap of the authorities."""
    meta = _build_meta(namespace, name)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {CONFIG_KEY: bundle},
    }


def build_secret_patch(
    old: Secret, data: Json, annotations: Mapping[str, str | None] | None = None
) -> Json:
    """Return the merge patch of the very Secret that was seen."""
    changed = {key: value for key, value in data.items() if old.data.get(key) != value}
    patch: Json = {"metadata": pin(old) | {"annotations": dict(annotations or {})}}
    return patch | {"data": changed}


def build_webhook_patch(old: WebhookConfiguration, bundle: str) -> list[Json]:
    """Return the JSON patch of the very configuration that was seen: its list is by position."""
    content = bundle.encode()
    pinned: list[Json] = [
        {"op": "test", "path": "/metadata/uid", "value": old.metadata.uid},
        {
            "op": "replace",
            "path": "/metadata/resourceVersion",
            "value": old.metadata.resource_version,
        },
    ]
    return pinned + [
        {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": content}
        for index, webhook in enumerate(old.webhooks)
        if webhook.client_config.ca_bundle != content
    ]


def _build_meta(namespace: str, name: str) -> Json:
    labels = {LABEL_COMPONENT: COMPONENT_CONTROLLER, LABEL_MANAGED_BY: COMPONENT_CONTROLLER}
    return {"name": name, "namespace": namespace, "labels": labels}


def _drop_none(items: Mapping[str, object]) -> Json:
    return {key: value for key, value in items.items() if value is not None}
