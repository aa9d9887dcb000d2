"""The authority's hands: each action is a few requests, each with its precondition."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from api.names import CONFIG_AUTHORITIES, SECRET_AUTHORITY
from controller.merge import Json, pin
from controller.trust.contract import Pair
from controller.trust.object import (
    AUTHORITIES,
    CONFIG_KEY,
    ApiService,
    ConfigMap,
    Secret,
    WebhookConfiguration,
    build_authority_annotations,
    build_authority_data,
    build_config_map,
    build_pair_data,
    build_secret,
    build_secret_patch,
    build_webhook_patch,
)
from controller.trust.seen import Holding, Place
from controller.trust.signer import Signer
from controller.trust.verdict import (
    Action,
    AddAuthority,
    FoundAuthority,
    WriteAuthority,
    WriteLeafBundle,
    WriteLeaves,
    WritePlace,
)
from controller.trust.watch import Watch
from kube.client import Client
from kube.resource import API_SERVICES, CONFIG_MAPS, SECRETS

log = logging.getLogger(__name__)


class Effects:
    """Carries out verdicts on one API server."""

    def __init__(self, client: Client, watch: Watch, signer: Signer) -> None:
        self._client = client
        self._watch = watch
        self._signer = signer

    async def apply(self, action: Action) -> None:
        """Carry out one action."""
        match action:
            case FoundAuthority(holding, leaves):
                issued = await self._signer.issue(None, leaves)
                holding = replace(holding, current=issued.authority)
                await self._write_authority(holding, "authority made")
                await self._write_leaves(leaves, issued.leaves, holding)
            case AddAuthority(holding):
                issued = await self._signer.issue(None, ())
                holding = replace(holding, following=issued.authority)
                await self._write_authority(holding, "next authority made")
            case WriteAuthority(holding):
                await self._write_authority(holding, "authority written")
            case WriteLeaves(holding, leaves):
                issued = await self._signer.issue(holding.current, leaves)
                await self._write_leaves(leaves, issued.leaves, holding)
            case WriteLeafBundle(name, bundle):
                await self._write_secret(name, {AUTHORITIES: bundle.encode()})
            case WritePlace(place, bundle):
                await self._write_place(place, bundle)
                log.info("authorities made known", extra={"place": place})

    async def _write_authority(self, holding: Holding, what: str) -> None:
        annotations = build_authority_annotations(holding)
        await self._write_secret(SECRET_AUTHORITY, build_authority_data(holding), annotations)
        extra = {"retired": len(holding.retired), "following": holding.following is not None}
        log.info(what, extra=extra)

    async def _write_leaves(
        self, names: tuple[str, ...], pairs: tuple[Pair, ...], holding: Holding
    ) -> None:
        for name, pair in zip(names, pairs, strict=True):
            await self._write_secret(name, build_pair_data(pair, holding.bundle))
            log.info("certificate issued", extra={"secret": name})

    async def _write_secret(
        self, name: str, data: Json, annotations: Mapping[str, str | None] | None = None
    ) -> None:
        """Create the Secret, or change the very one that we saw."""
        namespace, old = self._watch.namespace, self._watch.find_secret(name)
        if old is None:
            body = build_secret(namespace, name, data, annotations or {})
            answer = await self._client.create(SECRETS, namespace, body, Secret)
        else:
            patch = build_secret_patch(old, data, annotations)
            answer = await self._client.patch(SECRETS, namespace, name, patch, Secret)
        self._watch.secrets[name].learn(answer)

    async def _write_place(self, place: Place, bundle: str) -> None:
        if place is Place.CONFIG:
            await self._write_config(bundle)
        elif place in self._watch.api_services:
            await self._write_api_service(place, bundle)
        else:
            await self._write_webhooks(place, bundle)

    async def _write_config(self, bundle: str) -> None:
        namespace, informer = self._watch.namespace, self._watch.config
        old = next(iter(informer), None)
        if old is None:
            body = build_config_map(namespace, CONFIG_AUTHORITIES, bundle)
            answer = await self._client.create(CONFIG_MAPS, namespace, body, ConfigMap)
        else:
            patch = {"metadata": pin(old), "data": {CONFIG_KEY: bundle}}
            answer = await self._client.patch(
                CONFIG_MAPS, namespace, CONFIG_AUTHORITIES, patch, ConfigMap
            )
        informer.learn(answer)

    async def _write_api_service(self, place: Place, bundle: str) -> None:
        informer = self._watch.api_services[place]
        for old in tuple(informer):
            patch = {"metadata": pin(old), "spec": {"caBundle": bundle.encode()}}
            name = old.metadata.name
            answer = await self._client.patch(API_SERVICES, None, name, patch, ApiService)
            informer.learn(answer)

    async def _write_webhooks(self, place: Place, bundle: str) -> None:
        informer = self._watch.webhooks[place]
        for old in tuple(informer):
            answer = await self._client.patch(
                informer.resource,
                None,
                old.metadata.name,
                build_webhook_patch(old, bundle),
                WebhookConfiguration,
                kind="json",
            )
            informer.learn(answer)
