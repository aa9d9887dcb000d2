"""Asking through kubectl: its authentication, its kubeconfig, its words when it fails."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.problem import Problem

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
NOT_FOUND: Final = "NotFound"
UNSERVED: Final = "Unserved"  # nobody serves this path
_REFUSAL: Final = re.compile(r"^Error from server \((\w+)\): ", re.MULTILINE)
_UNAUTHORIZED: Final = re.compile(r"^error: You must be logged in to the server", re.MULTILINE)
# What kubectl says of an answer without a word of its own.
_NO_SUCH_PATH: Final = "the server could not find the requested resource"
_NO_SERVER: Final = "the server is currently unable to handle the request"
_NAMESPACE: Final = "--namespace="
# Where a pod finds the namespace that it is in; kubectl without a kubeconfig reads it as well.
_POD_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with the user's flags."""

    flags: tuple[str, ...] = ()

    def get(self, resource: str, name: str, namespace: str = "") -> Json:
        """Return an object; a Problem of slug NotFound when there is none of this name.

        A namespace goes before that of the flags.
        """
        # after "--" not even a name that begins with a dash is a flag
        scope = _scope(namespace)
        said = self._run("get", *scope, "--output=json", "--", resource, name)
        found: Json = json.loads(said)
        return found

    def find(self, resource: str, name: str, namespace: str = "") -> Json | None:
        """Return an object, or None when there is none of this name."""
        try:
            return self.get(resource, name, namespace)
        except Problem as problem:
            if problem.slug != NOT_FOUND:
                raise
            return None

    def list_names(self, resource: str) -> list[str]:
        """Return the names of all objects of a resource, in the flags' namespace if it has one."""
        names = '--output=jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'
        return self._run("get", names, "--", resource).split()

    def get_raw(self, path: str) -> str:
        """Return what a GET of a path answers."""
        return self._run("get", "--raw", path)

    def get_bytes(self, path: str) -> bytes:
        """Return what a GET of a path answers that is no text."""
        return self._run_bytes("get", "--raw", path)

    def put_raw(self, path: str, body: Json) -> str:
        """PUT a body as JSON and return the answer, of which most of ours are empty."""
        return self._run("replace", "--raw", path, "--filename=-", given=json.dumps(body))

    def create(self, item: Json, *words: str, namespace: str = "") -> str:
        """Create an object, which the server checks, and return what kubectl prints of it."""
        own = ("--filename=-", "--validate=false", *_scope(namespace))
        return self._run("create", *own, *words, given=json.dumps(item))

    def read_file(self, path: str) -> list[Json]:
        """Return the objects of a manifest; "-" is what comes in, and a URL is fetched."""
        said = self._run(
            "create", "--dry-run=client", "--validate=false", "--output=json", f"--filename={path}"
        )
        return list(split_documents(said))

    @property
    def given_namespace(self) -> str:
        """The namespace that the flags say, the last one when several do; may be empty."""
        given = [flag for flag in self.flags if flag.startswith(_NAMESPACE)]
        return given[-1].removeprefix(_NAMESPACE) if given else ""

    def find_namespace(self) -> str:
        """Return the namespace that the flags, the context or the pod around us say."""
        if self.given_namespace:
            return self.given_namespace
        try:
            said = self._run("config", "view", "--minify", "--output=jsonpath={..namespace}")
        except Problem as problem:
            if problem.slug == "NoKubectl" or "current-context must exist" not in problem.message:
                raise
            return _POD_NAMESPACE.read_text() if _POD_NAMESPACE.exists() else "default"
        return said.strip() or "default"

    def build_command(self, verb: str, *words: str) -> list[str]:
        """Return the command line of a kubectl of ours."""
        program = shutil.which("kubectl")
        if program is None:
            raise Problem("NoKubectl", "there is no kubectl in PATH")
        return [program, verb, *self.flags, *words]

    def _run(self, verb: str, *words: str, given: str | None = None) -> str:
        return self._run_bytes(verb, *words, given=given).decode(errors="replace")

    def _run_bytes(self, verb: str, *words: str, given: str | None = None) -> bytes:
        done = subprocess.run(
            self.build_command(verb, *words),
            input=None if given is None else given.encode(),
            capture_output=True,
            check=False,
        )
        said = done.stderr.decode(errors="replace")
        if done.returncode != 0:
            raise explain_failure(done.returncode, said)
        sys.stderr.write(said)  # warnings, and what --v asked for
        return done.stdout


def explain_failure(status: int, said: str) -> Problem:
    """Return kubectl's words as a Problem, whose slug is the API's reason."""
    said = said.strip() or f"kubectl ended with status {status}"
    found = _REFUSAL.search(said)
    if _UNAUTHORIZED.search(said):
        # virtpod's API server answers so, as KubeVirt's does, also to those without the right
        hint = "either the credentials are not accepted, or they lack the right to do this"
        return Problem("Unauthorized", f"{said}\n{hint}")
    if found is None:
        return Problem("KubectlFailed", said)
    if said.endswith((_NO_SUCH_PATH, _NO_SERVER)):
        ask = "kubectl get apiservices | grep kubevirt"
        return Problem(UNSERVED, f"{said}\nis virtpod's API server there? see: {ask}")
    return Problem(found[1], said)


def split_documents(text: str) -> Iterator[Json]:
    """Yield the objects of a text that holds them one after the other."""
    decoder = json.JSONDecoder()
    rest = text.lstrip()
    while rest:
        found, end = decoder.raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()


def _scope(namespace: str) -> Sequence[str]:
    return [f"{_NAMESPACE}{namespace}"] if namespace else []
