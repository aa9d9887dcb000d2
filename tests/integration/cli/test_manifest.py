"""What `create` prints can be created: a real API server takes it, strictly, in a dry run."""

from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.integration.refusal import try_create

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
CASES = sorted(GOLDEN.glob("create/*/manifest.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_the_api_server_takes_the_manifest(objects: client.CustomObjectsApi, case: Path) -> None:
    manifest = yaml.safe_load(case.read_text())
    manifest["metadata"].pop("namespace", None)  # which need not be there
    assert try_create(objects, manifest) == {}
