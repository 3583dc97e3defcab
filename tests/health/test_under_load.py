"""A healthy cluster under load has no finding. `.ci/run` does the same for a minute."""

from __future__ import annotations

from tests.health.load import Load, findings

SECONDS = 10


def test_no_finding(cluster):
    with Load(cluster) as load:
        assert [found for found in findings(cluster, SECONDS) if found] == []
    assert load.done > 100
