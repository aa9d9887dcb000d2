"""The controller as certificate authority, with its own rights, on a real API server."""

import asyncio
import base64
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from api import names
from controller.trust.object import ApiService, ConfigMap, Secret, WebhookConfiguration
from controller.trust.pem import split_bundle
from kube.client import ApiError, Client
from kube.informer import Informer
from kube.object import BareObject
from kube.resource import (
    API_SERVICES,
    CONFIG_MAPS,
    MUTATING_WEBHOOKS,
    SECRETS,
    VALIDATING_WEBHOOKS,
    Resource,
)
from tests.integration.controller.plane import Json, Notice, Plane

NAMESPACE = names.INSTALL_NAMESPACE
CERTIFICATES = (names.SECRET_API_CERTIFICATE, names.SECRET_HANDLER_CERTIFICATE)
OVERLAP_SECONDS = 8.0
# A third of these is what a busy machine may take to sign.
FAST = (
    "--certificate-seconds=30",
    "--authority-seconds=72",
    f"--authority-overlap-seconds={OVERLAP_SECONDS}",
)


@dataclass
class Viewer:
    """What an administrator sees."""

    client: Client
    notice: Notice
    secrets: Informer[Secret]
    configs: Informer[ConfigMap]
    api_services: Informer[ApiService]
    mutating: Informer[WebhookConfiguration]
    validating: Informer[WebhookConfiguration]

    def read(self, secret: str, key: str) -> str:
        found = self.secrets.get(NAMESPACE, secret)
        return found.read(key) if found is not None else ""

    @property
    def bundle(self) -> str:
        return self.read(names.SECRET_AUTHORITY, "ca.crt")

    def is_whole(self) -> bool:
        """Every certificate is there, and everyone trusts the same authorities."""
        config = self.configs.get(NAMESPACE, names.CONFIG_AUTHORITIES)
        return (
            bool(self.bundle)
            and all(self.read(secret, "ca.crt") == self.bundle for secret in CERTIFICATES)
            and all(
                find_signer(self.read(secret, "tls.crt"), self.bundle) for secret in CERTIFICATES
            )
            and config is not None
            and config.bundle == self.bundle
        )

    def is_registered(self) -> bool:
        """The API server knows whom to trust when it calls the gateway."""
        told = [item.bundle for item in (*self.api_services, *self.mutating, *self.validating)]
        return len(told) == 4 and set(told) == {self.bundle}


@asynccontextmanager
async def open_viewer(plane: Plane) -> AsyncIterator[Viewer]:
    label = "test=trust"
    async with asyncio.TaskGroup() as group:
        tasks = []
        async with plane.connect() as client:
            viewer = Viewer(
                client,
                Notice(),
                Informer(client, SECRETS, Secret, namespace=NAMESPACE),
                Informer(client, CONFIG_MAPS, ConfigMap, namespace=NAMESPACE),
                Informer(client, API_SERVICES, ApiService, label_selector=label),
                Informer(client, MUTATING_WEBHOOKS, WebhookConfiguration, label_selector=label),
                Informer(client, VALIDATING_WEBHOOKS, WebhookConfiguration, label_selector=label),
            )
            informers = (viewer.secrets, viewer.configs, viewer.api_services)
            for informer in (*informers, viewer.mutating, viewer.validating):
                informer.on_change(viewer.notice.hear)
                tasks.append(group.create_task(informer.run()))
                await informer.synced.wait()
            yield viewer
        # Only now: a watch that is cancelled leaves its connection to close some time later.
        for task in tasks:
            task.cancel()


async def test_everyone_has_what_they_need_soon_after_the_first_start(plane: Plane) -> None:
    async with open_viewer(plane) as viewer, plane.run_controller():
        await viewer.notice.until(viewer.is_whole, "whole")
        folder = plane.control_plane.folder
        assert await shake_hands(viewer, folder) == "virt-api"


async def test_what_is_deleted_or_broken_is_made_anew(plane: Plane) -> None:
    async with open_viewer(plane) as viewer, plane.run_controller():
        await viewer.notice.until(viewer.is_whole, "whole")
        for secret in (names.SECRET_AUTHORITY, *CERTIFICATES):
            for key in ("tls.crt", "tls.key", "ca.crt"):
                patch = {"data": {key: base64.b64encode(b"broken").decode()}}
                known = version_of(viewer.secrets, secret)
                answer = await viewer.client.patch(SECRETS, NAMESPACE, secret, patch, BareObject)
                old = {known, answer.metadata.resource_version}
                await viewer.notice.until(
                    lambda secret=secret, key=key, old=old: (  # type: ignore[misc]
                        version_of(viewer.secrets, secret) not in old
                        and viewer.read(secret, key) != "broken"
                        and viewer.is_whole()
                    ),
                    f"mended: {key} of {secret}",
                )
            before = uid_of(viewer, secret)
            await viewer.client.delete(SECRETS, NAMESPACE, secret)
            await viewer.notice.until(
                lambda secret=secret, before=before: (  # type: ignore[misc]
                    uid_of(viewer, secret) not in {before, ""} and viewer.is_whole()
                ),
                f"made anew: {secret}",
            )
        # A new one may be there before anybody has seen that the old one was gone.
        old = {version_of(viewer.configs, names.CONFIG_AUTHORITIES), ""}
        await viewer.client.delete(CONFIG_MAPS, NAMESPACE, names.CONFIG_AUTHORITIES)
        await viewer.notice.until(
            lambda: (
                version_of(viewer.configs, names.CONFIG_AUTHORITIES) not in old
                and viewer.is_whole()
            ),
            "whole again",
        )
        assert await shake_hands(viewer, plane.control_plane.folder) == "virt-api"


async def test_the_api_server_is_told_whom_to_trust_and_told_again(plane: Plane) -> None:
    async with open_viewer(plane) as viewer, plane.run_controller():
        for resource, body in build_registrations():
            await viewer.client.create(resource, None, body, BareObject)
        await viewer.notice.until(viewer.is_registered, "registered")
        service, hooks = f"v1.{names.SUBRESOURCE_GROUP}", names.MUTATING_WEBHOOKS
        old = {
            version_of(viewer.api_services, service, ""),
            version_of(viewer.mutating, hooks, ""),
        }
        answer = await viewer.client.patch(
            API_SERVICES, None, service, {"spec": {"caBundle": None}}, BareObject
        )
        old.add(answer.metadata.resource_version)
        hook: Json = {"op": "remove", "path": "/webhooks/1/clientConfig/caBundle"}
        answer = await viewer.client.patch(
            MUTATING_WEBHOOKS, None, hooks, [hook], BareObject, kind="json"
        )
        old.add(answer.metadata.resource_version)
        await viewer.notice.until(
            lambda: (
                version_of(viewer.api_services, service, "") not in old
                and version_of(viewer.mutating, hooks, "") not in old
                and viewer.is_registered()
            ),
            "registered again",
        )
        for resource, body in build_registrations():
            await viewer.client.delete(resource, None, body["metadata"]["name"])


@dataclass
class History:
    """Every bundle and every certificate that there was, and the rules that they obey."""

    viewer: Viewer
    bundles: list[tuple[float, str]] = field(default_factory=list)
    leaves: dict[str, None] = field(default_factory=dict)  # in the order of their coming
    signers: dict[str, None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def hear(self, old: Secret | None, new: Secret | None) -> None:
        """Check what came; the viewer's other objects may still be those of before."""
        if new is None or new.metadata.name not in CERTIFICATES:
            return
        now, bundle, leaf = time.monotonic(), new.read("ca.crt"), new.read("tls.crt")
        if not self.bundles or self.bundles[-1][1] != bundle:
            self.bundles.append((now, bundle))
            alive = [each for each in self.leaves if seconds_left(each) > 0]
            self.faults += [
                f"{each}: no longer trusted" for each in alive if not find_signer(each, bundle)
            ]
        if leaf not in self.leaves:
            self.leaves[leaf] = None
            self.signers[find_signer(leaf, bundle)] = None
            if old is not None and seconds_left(old.read("tls.crt")) <= 0:
                self.faults.append("renewed only when it had expired")
            if not find_signer(leaf, self.find_bundle(now - OVERLAP_SECONDS * 0.5)):
                self.faults.append("signed by somebody who was not known for long enough")

    def find_bundle(self, moment: float) -> str:
        """Return the bundle that was in force then."""
        return [bundle for at, bundle in self.bundles if at <= moment or at == self.bundles[0][0]][
            -1
        ]


async def test_certificates_and_authorities_rotate_while_all_of_them_are_trusted(
    plane: Plane,
) -> None:
    async with open_viewer(plane) as viewer:
        history = History(viewer)
        async with plane.run_controller(*FAST):
            await viewer.notice.until(
                lambda: (
                    viewer.is_whole() and life_of(viewer.read(CERTIFICATES[0], "tls.crt")) < 200
                ),
                "made with the new intervals",
            )
            viewer.secrets.on_change(history.hear)
            await viewer.notice.until(
                lambda: len(history.signers) >= 2, "signed by the next authority"
            )
            await viewer.notice.until(
                lambda: len(split_bundle(viewer.bundle)) == 1, "without what has expired"
            )
            await viewer.notice.until(lambda: len(history.leaves) >= 6, "renewed again and again")
            assert await shake_hands(viewer, plane.control_plane.folder) == "virt-api"
        assert history.faults == []


async def test_the_controllers_account_reads_no_other_secret(plane: Plane) -> None:
    body = {"metadata": {"name": "theirs"}, "stringData": {"key": "word"}}
    async with plane.connect() as admin, plane.connect("virt-controller") as client:
        await admin.create(SECRETS, NAMESPACE, body, BareObject)
        calls: list[Callable[[], object]] = [
            lambda: client.get(SECRETS, NAMESPACE, "theirs", BareObject),
            lambda: client.list(SECRETS, BareObject, namespace=NAMESPACE),
            lambda: client.list(SECRETS, BareObject, namespace="default"),
            lambda: client.patch(SECRETS, NAMESPACE, "theirs", {}, BareObject),
            lambda: client.delete(SECRETS, NAMESPACE, names.SECRET_AUTHORITY),
            lambda: client.create(SECRETS, "default", body, BareObject),
        ]
        for call in calls:
            with pytest.raises(ApiError) as refused:
                await call()  # type: ignore[misc]
            assert refused.value.code == 403


def find_signer(leaf: str, bundle: str) -> str:
    """Return the authority of the bundle that signed; empty for none."""
    try:
        certificate = x509.load_pem_x509_certificate(leaf.encode())
    except ValueError:
        return ""
    for text in split_bundle(bundle):
        authority = x509.load_pem_x509_certificate(text.encode())
        if authority.subject == certificate.issuer and seconds_left(text) > 0:
            certificate.verify_directly_issued_by(authority)
            return text
    return ""


def seconds_left(text: str) -> float:
    return (
        x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc.timestamp() - time.time()
    )


def life_of(text: str) -> float:
    certificate = x509.load_pem_x509_certificate(text.encode())
    return (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds()


def uid_of(viewer: Viewer, secret: str) -> str:
    found = viewer.secrets.get(NAMESPACE, secret)
    return found.metadata.uid if found is not None else ""


def version_of(informer: Informer[Any], name: str, namespace: str = NAMESPACE) -> str:
    """Return an object's version as the informer knows it; empty when there is none."""
    found = informer.get(namespace, name)
    return str(found.metadata.resource_version) if found is not None else ""


async def shake_hands(viewer: Viewer, folder: Path) -> str:
    """Have gateway and handler greet each other, as strict as OpenSSL can be; who called?"""
    server = open_context(viewer, names.SECRET_HANDLER_CERTIFICATE, ssl.PROTOCOL_TLS_SERVER, folder)
    server.verify_mode = ssl.CERT_REQUIRED
    client = open_context(viewer, names.SECRET_API_CERTIFICATE, ssl.PROTOCOL_TLS_CLIENT, folder)
    caller: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ((name,),) = writer.get_extra_info("peercert")["subject"]
        writer.close()
        await writer.wait_closed()
        caller.set_result(name[1])

    listener = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server)
    async with listener, asyncio.timeout(60):
        port = listener.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname="virt-handler"
        )
        assert await reader.read() == b""
        who = await caller
        writer.close()
        await writer.wait_closed()
    return who


def open_context(viewer: Viewer, secret: str, protocol: int, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=viewer.read(secret, "ca.crt"))
    pair = folder / "pair.pem"
    pair.write_text(viewer.read(secret, "tls.crt") + viewer.read(secret, "tls.key"))
    context.load_cert_chain(pair)
    pair.unlink()
    return context


def build_registrations() -> list[tuple[Resource, Json]]:
    """Return APIs and webhooks of a gateway that is not there, and that nobody calls."""
    service = {"namespace": NAMESPACE, "name": "virt-api"}
    group = names.SUBRESOURCE_GROUP
    found: list[tuple[Resource, Json]] = []
    for version in names.SUBRESOURCE_VERSIONS:
        priority = {"groupPriorityMinimum": 1000, "versionPriority": 15}
        spec = {"group": group, "version": version, "service": service, **priority}
        found.append((API_SERVICES, build_object(f"{version}.{group}", spec=spec)))
    hooks = [build_hook(name, service) for name in ("one", "two")]
    found.append((MUTATING_WEBHOOKS, build_object(names.MUTATING_WEBHOOKS, webhooks=hooks)))
    found.append((VALIDATING_WEBHOOKS, build_object(names.VALIDATING_WEBHOOKS, webhooks=hooks)))
    return found


def build_object(name: str, **content: object) -> Json:
    return {"metadata": {"name": name, "labels": {"test": "trust"}}, **content}


def build_hook(name: str, service: Json) -> Json:
    rule = {"apiGroups": ["nobody.test"], "apiVersions": ["v1"], "resources": ["things"]}
    return {
        "name": f"{name}.kubevirt.io",
        "clientConfig": {"service": service},
        "rules": [{**rule, "operations": ["CREATE"]}],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
