"""A healthy cluster under load has no finding, for as many seconds as DISQUECTL_TEST_LOAD_SECONDS says."""

from __future__ import annotations

import os

import pytest

from tests.health.load import Load, findings

SECONDS = float(os.environ.get("DISQUECTL_TEST_LOAD_SECONDS", "10"))


@pytest.mark.timeout(SECONDS + 110)
def test_no_finding(cluster):
    with Load(cluster) as load:
        assert [found for found in findings(cluster, SECONDS) if found] == []
    assert load.done > 100
