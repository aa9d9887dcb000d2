"""What the authority watches: each object by its name, and no other of its kind."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from api import names
from controller.trust.object import (
    ApiService,
    ConfigMap,
    Secret,
    WebhookConfiguration,
)
from controller.trust.seen import Place
from kube.client import Client
from kube.informer import Informer
from kube.object import KubeT
from kube.resource import (
    API_SERVICES,
    CONFIG_MAPS,
    MUTATING_WEBHOOKS,
    SECRETS,
    VALIDATING_WEBHOOKS,
    Resource,
)

# Any: informers of different kinds, of which only what they have in common is used.
AnyInformer = Informer[Any]
_API_SERVICES: Final = dict(
    zip((Place.API_SERVICE_V1, Place.API_SERVICE_V1ALPHA3), names.SUBRESOURCE_VERSIONS, strict=True)
)
_WEBHOOKS: Final = {
    Place.MUTATING: (MUTATING_WEBHOOKS, names.MUTATING_WEBHOOKS),
    Place.VALIDATING: (VALIDATING_WEBHOOKS, names.VALIDATING_WEBHOOKS),
}


class Watch:
    """One informer for each object, by its name."""

    def __init__(self, client: Client, namespace: str, leaves: Mapping[str, object]) -> None:
        self._client = client
        self.namespace = namespace
        secrets = (names.SECRET_AUTHORITY, *leaves)
        self.secrets = {name: self._open(SECRETS, Secret, name, namespace) for name in secrets}
        self.config = self._open(CONFIG_MAPS, ConfigMap, names.CONFIG_AUTHORITIES, namespace)
        self.api_services = {
            place: self._open(API_SERVICES, ApiService, f"{version}.{names.SUBRESOURCE_GROUP}")
            for place, version in _API_SERVICES.items()
        }
        self.webhooks = {
            place: self._open(resource, WebhookConfiguration, name)
            for place, (resource, name) in _WEBHOOKS.items()
        }

    def _open(
        self, resource: Resource, type_: type[KubeT], name: str, namespace: str | None = None
    ) -> Informer[KubeT]:
        selector = f"metadata.name={name}"
        return Informer(self._client, resource, type_, namespace=namespace, field_selector=selector)

    @property
    def needed(self) -> tuple[AnyInformer, ...]:
        """Those without which nothing is decided."""
        return (*self.secrets.values(), self.config)

    @property
    def informers(self) -> tuple[AnyInformer, ...]:
        return (*self.needed, *self.api_services.values(), *self.webhooks.values())

    @property
    def all_seen(self) -> bool:
        return all(informer.synced.is_set() for informer in self.informers)

    def on_change(self, look: Callable[[], None]) -> None:
        """Call ``look()`` whenever one of the objects changed."""
        for informer in self.informers:
            informer.on_change(lambda _old, _new: look())

    def find_secret(self, name: str) -> Secret | None:
        return next(iter(self.secrets[name]), None)

    def read_places(self) -> Iterator[tuple[Place, str]]:
        """Yield who is told whom to trust, and what they were told; the ConfigMap is ours."""
        config = next(iter(self.config), None)
        yield Place.CONFIG, config.bundle if config is not None else ""
        for place, services in self.api_services.items():
            for service in services:
                yield place, service.bundle
        for place, configurations in self.webhooks.items():
            for configuration in configurations:
                if configuration.bundle is not None:
                    yield place, configuration.bundle
