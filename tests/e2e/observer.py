"""An outside watcher of the API server: raw requests and watch streams with monotonic stamps."""

import base64
import http.client
import json
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

Json = dict[str, Any]  # Any: objects of Kubernetes, of every kind, as they are on the wire

VMIS = "/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachineinstances"
VMS = "/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"
PODS = "/api/v1/namespaces/{namespace}/pods"
EVENTS = "/api/v1/namespaces/{namespace}/events"
WATCH_SECONDS = 6 * 3600


class RefusedError(AssertionError):
    """The API server answered with an error Status."""

    def __init__(self, code: int, status: Json) -> None:
        super().__init__(f"{code} {status.get('reason')}: {status.get('message')}")
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of a watch and the moment it arrived."""

    at: float  # time.monotonic()
    kind: str  # ADDED, MODIFIED, DELETED
    object: Json

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def phase(self) -> str:
        return str(self.object.get("status", {}).get("phase", ""))


class Answer:
    """An HTTP answer that closes its connection."""

    def __init__(
        self, connection: http.client.HTTPSConnection, response: http.client.HTTPResponse
    ) -> None:
        self.connection = connection
        self.response = response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self.connection.close()


class Watch:
    """A running watch: a growing, stamped list of events that tests wait on."""

    def __init__(self, items: list[Json], answer: Answer) -> None:
        now = time.monotonic()
        self.events = [Seen(now, "ADDED", item) for item in items]
        self._answer = answer
        self._socket = answer.connection.sock
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        self._socket.settimeout(None)
        self._thread.start()

    def stop(self) -> None:
        """End the stream and wait for its reader."""
        # Closing would leave the reader blocked in recv; a shut-down socket wakes it with EOF.
        with self._news:
            self._ended = True
        with suppress(OSError):  # the server may have ended it already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._answer.__exit__()

    def until(
        self,
        predicate: Callable[[Seen], bool],
        seconds: float,
        wanted: str = "",
        *,
        after: int = 0,
    ) -> Seen:
        """Return the first event, past or future, that fulfils the predicate.

        ``after`` leaves out so many of the first events.
        """
        deadline = time.monotonic() + seconds
        looked_at = after
        with self._news:
            while True:
                for seen in self.events[looked_at:]:
                    if predicate(seen):
                        return seen
                looked_at = len(self.events)
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    break
                self._news.wait(left)
            last = json.dumps(self.events[-1].object.get("status")) if self.events else "nothing"
        raise AssertionError(f"no {wanted or 'such event'} within {seconds} s; last: {last}")

    def until_phase(self, name: str, phase: str, seconds: float) -> Seen:
        """Return the event with which the named object first showed the phase."""
        return self.until(
            lambda seen: seen.name == name and seen.phase == phase, seconds, f"{phase} of {name}"
        )

    def until_newest(self, name: str, is_so: Callable[[Json], bool], seconds: float) -> None:
        """Wait until the named object is as wanted now; what it once was does not count."""

        def shows() -> bool:
            newest = next((seen for seen in reversed(self.events) if seen.name == name), None)
            there = newest is not None and newest.kind != "DELETED"
            return bool(self._ended or (newest is not None and there and is_so(newest.object)))

        with self._news:
            shown = self._news.wait_for(shows, seconds)
        assert shown, f"{name} is not as wanted within {seconds} s"

    def until_gone(self, name: str, seconds: float) -> Seen:
        """Return the event of the named object's deletion."""
        return self.until(
            lambda seen: seen.name == name and seen.kind == "DELETED", seconds, f"end of {name}"
        )

    def last(self, name: str) -> Seen:
        """Return the newest event of the named object."""
        with self._news:
            return next(seen for seen in reversed(self.events) if seen.name == name)

    def phases(self, name: str) -> list[str]:
        """Return the phases that the named object went through, in order, each once in a row."""
        with self._news:
            phases = [seen.phase for seen in self.events if seen.name == name]
        return [p for i, p in enumerate(phases) if i == 0 or p != phases[i - 1]]

    def _read(self) -> None:
        try:
            while line := self._answer.response.readline():
                at = time.monotonic()
                event = json.loads(line)
                with self._news:
                    self.events.append(Seen(at, event["type"], event["object"]))
                    self._news.notify_all()
        except (OSError, ValueError, http.client.HTTPException):
            if not self._ended:
                raise
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()


class ApiServer:
    """The API server as the admin's kubeconfig reaches it; a connection a call."""

    def __init__(
        self,
        kubeconfig: Path,
        user_agent: str = "virtpod-tests",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        names = pick_named(config["contexts"], config["current-context"])["context"]
        cluster = pick_named(config["clusters"], names["cluster"])["cluster"]
        user = pick_named(config["users"], names["user"])["user"]
        address = urlsplit(cluster["server"])
        self._host, self._port = str(address.hostname), address.port or 443
        self._headers = {"User-Agent": user_agent, **headers}
        folder = kubeconfig.parent
        authority = read_credential(cluster, "certificate-authority", folder)
        self._tls = ssl.create_default_context(cadata=authority.decode())
        with tempfile.TemporaryDirectory() as scratch:
            pair = Path(scratch) / "pair.pem"
            pair.touch(mode=0o600)
            pair.write_bytes(
                read_credential(user, "client-certificate", folder)
                + b"\n"
                + read_credential(user, "client-key", folder)
            )
            self._tls.load_cert_chain(pair)

    def open(self, method: str, path: str, body: Json | None = None, kind: str = "") -> Answer:
        """Send one request and return the open answer."""
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=60, context=self._tls
        )
        headers = {**self._headers, "Content-Type": kind or "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        return Answer(connection, connection.getresponse())

    def call(self, method: str, path: str, body: Json | None = None, kind: str = "") -> Json:
        """Send one request and return the decoded answer; an error Status raises RefusedError."""
        with self.open(method, path, body, kind) as answer:
            decoded = json.loads(answer.response.read())
            if answer.response.status >= 400:
                raise RefusedError(answer.response.status, decoded)
        return dict(decoded)

    def get(self, path: str) -> Json:
        return self.call("GET", path)

    def get_text(self, path: str) -> str:
        """Return an answer that is no JSON, such as metrics."""
        with self.open("GET", path) as answer:
            return answer.response.read().decode()

    def create(self, path: str, body: Json) -> Json:
        return self.call("POST", path, body)

    def delete(self, path: str, grace_seconds: int | None = None) -> Json:
        options = {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        return self.call("DELETE", path, options)

    def merge(self, path: str, patch: Json) -> Json:
        return self.call("PATCH", path, patch, "application/merge-patch+json")

    def patch_status(self, path: str, status: Json) -> Json:
        return self.merge(f"{path}/status", {"status": status})

    @contextmanager
    def watch(self, path: str, selector: str = "") -> Iterator[Watch]:
        """List and then watch a collection until the block ends."""
        listed = self.get(path + (f"?fieldSelector={selector}" if selector else ""))
        version = listed["metadata"]["resourceVersion"]
        # Left to itself, the API server would end it after half an hour to an hour.
        query = f"?watch=1&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        answer = self.open("GET", path + query + (f"&fieldSelector={selector}" if selector else ""))
        watch = Watch(listed["items"], answer)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop()


def pick_named(entries: list[Json], name: str) -> Json:
    """Return the entry of that name in a kubeconfig's list."""
    return next(entry for entry in entries if entry["name"] == name)


def read_credential(holder: Json, key: str, folder: Path) -> bytes:
    """Return a kubeconfig's credential, inline or from the file it names."""
    if f"{key}-data" in holder:
        return base64.b64decode(holder[f"{key}-data"])
    return (folder / os.fspath(holder[key])).read_bytes()
