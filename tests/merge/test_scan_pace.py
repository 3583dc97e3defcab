"""The pace of scans: the share of a node's time, and of our own."""

from __future__ import annotations

import pytest

from disquectl.merge.scan_pace import LEAST_COST, OVERHEAD, OWN_SHARE, SCAN_SHARE, ScanPace


@pytest.mark.parametrize(("node_cost", "own_cost"), [(0.002, 0.001), (0.1, 0.0), (0.001, 0.004)])
def test_pages_of_jobs_take_their_share_of_the_time_and_no_more(node_cost, own_cost):
    pace = ScanPace()
    now = pages = 0.0
    while now < 60:
        now = max(now, pace.due) + node_cost
        pace.page_done(now, node_cost, own_cost)
        pages += 1
    assert pages * node_cost <= SCAN_SHARE * 60 + 2 * node_cost
    assert pages * own_cost <= OWN_SHARE * 60 + 2 * own_cost
    assert pages * max(node_cost / SCAN_SHARE, own_cost / OWN_SHARE) >= 50


@pytest.mark.parametrize(("share", "rest"), [(1.0, 0.0), (0.25, 3.0)])
def test_a_share(share, rest):
    pace = ScanPace(share, own_share=float("inf"))
    pace.page_done(10.0, 1.0, 5.0)
    assert pace.due == 10.0 + rest


def test_a_node_that_says_what_a_page_costs_is_asked_by_that():
    """On a busy machine a reply takes long, which does not mean that the node worked for it."""
    pace = ScanPace()
    pace.add_calls(1_000_000, 1_000)  # those of other clients, before
    pace.page_done(10.0, 0.5, 0.0)
    assert pace.due > 20
    pace.add_calls(1_000_010, 21_000)
    assert pace.page_cost == 0.002
    pace.page_done(10.0, 0.5, 0.0)
    cost = 0.002 * OVERHEAD
    assert pace.due == pytest.approx(10.0 + cost / SCAN_SHARE - cost)
    pace.add_calls(0, 0)  # it has restarted
    pace.add_calls(0, 0)
    assert pace.page_cost == 0.002


def test_a_node_whose_figures_were_reset_is_not_taken_for_one_that_works_for_nothing():
    pace = ScanPace()
    pace.add_calls(0, 0)
    pace.add_calls(10, 20_000)
    assert pace.page_cost == 0.002
    pace.add_calls(11, 100)  # reset, and asked for more pages than before
    assert pace.page_cost == 0.002
    pace.add_calls(11, 100)
    assert pace.page_cost == 0.002
    pace.add_calls(12, 100)
    assert pace.page_cost == 0.0


def test_a_page_that_took_no_time_that_was_noticed_has_a_cost():
    pace = ScanPace(share=0.25)
    pace.page_done(10.0, 0.0, 0.0)
    assert pace.due == pytest.approx(10.0 + 3 * LEAST_COST)
