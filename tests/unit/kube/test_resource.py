"""Names that cannot be in the paths of URLs."""

import pytest

from api.problem import Problem
from kube.resource import CLUSTER_INSTANCETYPES, PODS


@pytest.mark.parametrize("name", ["", ".", "..", "no/../such", "a/b", "a%2Fb"])
def test_a_name_stays_in_its_segment(name: str) -> None:
    with pytest.raises(Problem, match="cannot be a name"):
        CLUSTER_INSTANCETYPES.path(None, name)


@pytest.mark.parametrize("namespace", ["..", "a/b"])
def test_a_namespace_stays_in_its_segment(namespace: str) -> None:
    with pytest.raises(Problem, match="cannot be a name"):
        PODS.path(namespace, "pod")
