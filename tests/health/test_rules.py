"""The rules as functions of an observation: states that a sandbox cannot be brought into, and limits."""

from __future__ import annotations

import re

import pytest

from disquectl.health.finding import MOST, SEVERITIES, Found, Rule, at_least, findings
from disquectl.health.job_facts import ALONE, ENDING, FAILING, LOOKED_AT, UNLISTED, Suspects, Suspicion
from disquectl.health.observation import NodeFacts, Observation, QueueFacts
from disquectl.health.queue_rules import words
from disquectl.health.rules import RULES, examine
from disquectl.merge.clocks import Clocks
from disquectl.merge.consumers import QueueWorkers
from disquectl.merge.job_counts import JobCounts
from disquectl.merge.queues import NAMES, QueueSum
from tests.merge.test_merging import MADE_NS, NOW_MS, copy

IDS = [letter * 40 for letter in "abc"]
NAMES_OF = [f"10.0.0.{number}:7711" for number in (1, 2, 3)]
STATES = ("queued", "delayed", "in-flight", "acked", "waiting", "unknown")


def healthy():
    """Three nodes without any trouble."""
    seen = Observation(NOW_MS, 5.0)
    for node_id, address in zip(IDS, NAMES_OF, strict=True):
        node = NodeFacts(node_id, address)
        node.answers = True
        node.maxmemory = 1 << 30
        node.leaving = False
        node.skew_ms = 3.0
        node.info = {
            "server": {"disque_version": "1.0-rc1", "uptime_in_seconds": 1_000_000},
            "clients": {"connected_clients": 10},
            "memory": {"used_memory": 1 << 20},
            "jobs": {"registered_jobs": 5},
            "persistence": {
                "aof_enabled": 1,
                "aof_last_write_status": "ok",
                "aof_last_bgrewrite_status": "ok",
            },
        }
        node.settings = {
            "maxclients": b"10000",
            "requirepass": b"",
            "timeout": b"0",
            "bind": address.encode(),
        }
        node.known = [
            {"id": other, "host": name.split(":")[0], "port": 7711, "flags": ["noflags"], "link": "connected"}
            for other, name in zip(IDS, NAMES_OF, strict=True)
        ]
        node.later = node.known
        node.seen = {name: "ok" for name in NAMES_OF if name != address}
        seen.nodes.append(node)
    return seen


# `1 nodes`, but not `1 of 2 nodes`.
BAD_PLURAL = re.compile(r"\b1 (?:[a-z]+ )?(?:nodes|jobs|queues|clients|cases|replicas|times)\b")


def rules_of(seen):
    found = examine(seen)
    assert [finding.found.what for finding in found if BAD_PLURAL.search(finding.found.what)] == []
    return [finding.rule.name for finding in found]


def queue(name=b"mail", lengths=(5, 5), out=(0, 0), jobs_in=(0, 0), blocked=0, **more):
    samples = []
    for number, length in enumerate(lengths):
        fields = dict.fromkeys(NAMES, 0) | {b"len": length, b"blocked": blocked, b"pause": b"none"}
        fields |= {b"jobs-in": jobs_in[number], b"jobs-out": out[number]}
        stat = [part for field in NAMES for part in (field, fields[field])]
        samples.append(QueueSum())
        samples[-1].add(NAMES_OF[0], stat, float(number))
    counts = dict.fromkeys(STATES, 0) | {"queued": lengths[-1]}
    return QueueFacts(name, samples, counts=counts, **{"oldest_age": 10, "retry": 300, **more})


def test_a_healthy_cluster_has_no_finding():
    assert rules_of(healthy()) == []


def test_a_node_that_only_refuses_the_password_keeps_replicas():
    seen = healthy()
    seen.nodes[1].answers, seen.nodes[1].reason = False, "password"
    assert rules_of(seen) == ["password-refused"]
    seen.nodes[1].reason = "down"
    assert "few-nodes" in rules_of(seen)


@pytest.mark.parametrize(
    ("queues", "expected"),
    [([b"a b", b"c"], "'a b' c"), ([b"-a", b"--", b"c"], "-- -a -- c"), ([b"c", b"-a"], "-- c -a")],
)
def test_one_marker_stands_before_names_like_options(queues, expected):
    assert words(queues) == expected


def test_each_rule_explains_itself_and_has_a_name_of_its_own():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule.severity in SEVERITIES
        assert rule.name == rule.name.lower().replace(" ", "-")
        assert rule.finds.endswith(".")
        assert rule.meaning.endswith(".")


@pytest.mark.parametrize("what", ["write", "bgrewrite"])
def test_an_error_of_the_append_only_file(what):
    seen = healthy()
    seen.nodes[1].info["persistence"][f"aof_last_{what}_status"] = "err"
    (finding,) = examine(seen)
    assert finding.rule.name == "aof-error"
    assert finding.found.evidence[f"aof_last_{what}_status"] == "err"
    assert NAMES_OF[1] in finding.found.command


def test_the_append_only_file_is_off_everywhere_or_at_some():
    seen = healthy()
    for node in seen.nodes:
        node.info["persistence"]["aof_enabled"] = 0
    assert rules_of(seen) == ["aof-off"]
    seen.nodes[0].info["persistence"]["aof_enabled"] = 1
    assert rules_of(seen) == []


@pytest.mark.parametrize(
    ("ahead", "found"), [((0, 0, 900), False), ((0, 0, 1500), True), ((-800, 0, 800), True)]
)
def test_clocks(ahead, found):
    seen = healthy()
    for node, skew in zip(seen.nodes, ahead, strict=True):
        node.skew_ms = float(skew)
    assert rules_of(seen) == (["clock-skew"] if found else [])


def test_all_clocks_are_wrong_by_the_same_time():
    seen = healthy()
    for node in seen.nodes:
        node.skew_ms = 100_000.0
    assert rules_of(seen) == []


def test_versions():
    seen = healthy()
    seen.nodes[2].info["server"]["disque_version"] = "1.0-rc2"
    (finding,) = examine(seen)
    assert finding.rule.name == "versions-differ"
    assert finding.found.evidence["versions"][NAMES_OF[2]] == "1.0-rc2"


@pytest.mark.parametrize(
    "state", ["possibly failing", "failing", "not linked", "failing, leaving", "without address"]
)
def test_a_node_that_others_do_not_reach(state):
    seen = healthy()
    seen.nodes[1].seen = {NAMES_OF[0]: state, NAMES_OF[2]: "ok"}
    (finding,) = examine(seen)
    assert (finding.rule.name, finding.severity) == ("node-unreachable", "error")
    assert finding.found.evidence["seen_by_others"] == {NAMES_OF[0]: state}


def test_a_node_that_answers_is_no_ghost_although_one_has_lost_its_address():
    seen = healthy()
    seen.nodes[0].known = [{**entry, "flags": ["noaddr"]} for entry in seen.nodes[0].known]
    assert rules_of(seen) == []


@pytest.mark.parametrize("is_there_later", [False, True])
def test_a_handshake_takes_a_moment(is_there_later):
    seen = healthy()
    node = seen.nodes[0]
    meeting = {"id": "d" * 40, "host": "10.0.0.9", "port": 7711, "flags": ["handshake"], "link": "connected"}
    node.known = [*node.known, meeting]
    if is_there_later:
        node.later = node.known
    assert rules_of(seen) == (["stuck-handshake"] if is_there_later else [])


def test_an_address_that_another_node_has():
    seen = healthy()
    gone = NodeFacts("d" * 40, "10.0.0.9:7711")
    gone.reason, gone.problem = "replaced", "another node answers at that address"
    seen.nodes.append(gone)
    seen.nodes[0].known = [*seen.nodes[0].known, {**seen.nodes[0].known[0], "id": gone.node_id}]
    (finding,) = examine(seen)
    assert finding.rule.name == "ghost"
    assert finding.found.command == f"disquectl -n {NAMES_OF[0]} cluster forget {'d' * 40}"


def test_a_node_that_is_gone_and_was_forgotten_by_some():
    seen = healthy()
    gone = NodeFacts("d" * 40, "10.0.0.9:7711")
    gone.reason, gone.problem = "down", "connection refused"
    seen.nodes.append(gone)
    seen.nodes[0].known = [*seen.nodes[0].known, {**seen.nodes[0].known[0], "id": gone.node_id}]
    assert rules_of(seen) == ["node-down", "split-view"]
    for node in seen.nodes[1:3]:
        node.known = seen.nodes[0].known
    assert rules_of(seen) == ["node-down"]


def test_a_setting_without_a_majority_is_only_shown():
    seen = healthy()
    for number, node in enumerate(seen.nodes):
        node.settings["timeout"] = b"%d" % number
    (finding,) = examine(seen)
    assert finding.found.command == "disquectl config get timeout --cluster"


def test_settings_of_one_node_and_the_password_are_no_settings_that_differ():
    seen = healthy()
    seen.nodes[0].settings["requirepass"] = b"s3cret"
    (finding,) = examine(seen)
    assert finding.rule.name == "passwords-differ"
    assert "s3cret" not in repr(finding.record())


@pytest.mark.parametrize(
    ("percent", "rule"), [(70, []), (75, ["memory-high"]), (94, ["memory-high"]), (95, ["memory-full"])]
)
def test_memory(percent, rule):
    seen = healthy()
    seen.nodes[0].info["memory"]["used_memory"] = (1 << 30) * percent // 100 + 1
    assert rules_of(seen) == rule


@pytest.mark.parametrize(("clients", "found"), [(7_999, False), (8_000, True)])
def test_clients(clients, found):
    seen = healthy()
    seen.nodes[0].info["clients"]["connected_clients"] = clients
    assert rules_of(seen) == (["clients-high"] if found else [])


def test_what_was_slow_long_ago_is_history():
    seen = healthy()
    node = seen.nodes[0]
    node.skew_ms = 0.0
    now = int(NOW_MS / 1000)
    node.slow = [{"id": 1, "time": now - 3700, "microseconds": 10**6, "args": [b"JSCAN"]}]
    node.events = [{"event": "command", "time": now - 3700, "ms": 500, "max_ms": 500}]
    assert rules_of(seen) == []
    node.slow[0]["time"] = node.events[0]["time"] = now - 3500
    assert rules_of(seen) == ["slow-command", "latency-event"]
    node.slow[0]["microseconds"], node.events[0]["max_ms"] = 99_999, 99
    assert rules_of(seen) == []


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({}, ["no-consumer"]),
        ({"blocked": 1}, []),
        ({"out": (0, 1)}, []),
        ({"workers": QueueWorkers(named=1)}, []),
        ({"workers": QueueWorkers(may_be_more=True)}, []),
        ({"name": b"dead:mail"}, ["dead-letters"]),
        ({"lengths": (0, 5)}, []),
        ({"lengths": (5, 0), "oldest_age": None}, []),
        ({"lengths": (5,)}, []),
        ({"pause": "out"}, ["queue-paused"]),
        ({"pause": {"a": "none", "b": "all"}}, ["queue-paused"]),
        ({"pause": "in"}, ["queue-paused", "no-consumer"]),
        ({"blocked": 1, "oldest_age": 3_000}, []),
        ({"blocked": 1, "oldest_age": 3_001}, ["old-job"]),
        ({"blocked": 1, "oldest_age": 299, "retry": 1}, []),
        ({"blocked": 1, "oldest_age": 301, "retry": 1}, ["old-job"]),
        ({"blocked": 1, "oldest_age": 9_999, "retry": None}, []),
        ({"blocked": 1, "oldest_age": 9_999, "pause": "out"}, ["queue-paused"]),
        ({"oldest_age": 9_999}, ["no-consumer"]),
    ],
)
def test_queues(given, rules):
    seen = healthy()
    seen.queues = [queue(**given)]
    assert rules_of(seen) == rules


@pytest.mark.parametrize(
    ("lengths", "out", "found"),
    [
        ((100, 110, 120, 130), (0, 1, 2, 3), True),
        ((100, 110, 110, 130), (0, 1, 2, 3), False),  # not all the time
        ((10, 20, 25, 29), (0, 1, 2, 3), False),  # done within half a minute
        ((100, 110, 120), (0, 1, 2), False),  # too few samples
        ((100, 110, 120, 130), (0, 100, 200, 300), False),
    ],
)
def test_growth(lengths, out, found):
    seen = healthy()
    seen.queues = [queue(lengths=lengths, out=out, jobs_in=(0,) * len(lengths), blocked=1)]
    assert rules_of(seen) == (["queue-growing"] if found else [])


def test_many_cases_of_one_rule_are_counted():
    seen = healthy()
    seen.queues = [queue(b"q%d" % number, lengths=(number, number)) for number in range(1, 500)]
    found = examine(seen)
    assert len(found) == MOST + 1
    assert found[0].found.evidence["queued"] == 499
    assert found[-1].found.evidence == {"more": 499 - MOST}


def test_the_worst_comes_first_and_decides():
    found = findings(
        [
            Rule(severity, severity, lambda _: [Found("x", {}, "")], "", "")
            for severity in ("note", "error", "warning")
        ],
        Observation(),
    )
    assert [one.severity for one in found] == ["error", "warning", "note"]
    assert at_least("error", found)
    assert at_least("note", found[2:])
    assert not at_least("warning", found[2:])
    assert not at_least("note", [])


# Jobs

ID = b"D-aaaaaaaa-yRiaWu63Ny89fXBPj66cnFnU-05a1"
ONCE = ID[:-1] + b"0"


def suspects(*held, nodes=3):
    """What a scan suspects in these replicas: (node ID, replica)."""
    counts, found = JobCounts(Clocks()), Suspects(Clocks())
    for node_id, replica in held:
        counts.add(node_id, [replica], NOW_MS)
        found.add(node_id, [replica], NOW_MS)
    found.complete(counts, nodes)
    return found


def look(found, *held, now_ms=NOW_MS):
    """Kind -> how many jobs are confirmed by a second look at these replicas."""
    looks = {}
    for node_id, replica in held:
        looks.setdefault(replica[1], {})[node_id] = replica
    return {kind: len(one.confirmed) for kind, one in found.confirmed(looks, now_ms).items() if one.confirmed}


def listed(*letters, **values):
    return copy(nodes_delivered=[letter.encode() * 40 for letter in letters], **values)


def test_a_job_on_two_of_the_nodes_that_it_lists_is_not_suspected():
    held = [(IDS[0], listed("a", "b", state=b"queued")), (IDS[1], listed("a", "b"))]
    assert suspects(*held).to_look_at() == []


@pytest.mark.parametrize(
    ("again", "kinds"),
    [
        ([(IDS[0], listed("a", "b"))], {ALONE: 1}),
        ([(IDS[0], listed("a", "b")), (IDS[1], listed("a", "b"))], {}),  # it was on its way
        ([], {}),  # it was acknowledged
        ([(IDS[0], listed("a", "b", state=b"acked"))], {}),
    ],
)
def test_one_replica(again, kinds):
    found = suspects((IDS[0], listed("a", "b")))
    assert found.to_look_at() == [ID]
    assert look(found, *again) == kinds


def test_one_replica_is_no_trouble_for_jobs_of_one_delivery_young_jobs_and_a_lone_node():
    assert suspects((IDS[0], listed("a", job_id=ONCE))).to_look_at() == []
    assert suspects((IDS[0], listed("a")), nodes=1).to_look_at() == []
    replica = listed("a")
    assert look(suspects((IDS[0], replica)), (IDS[0], replica), now_ms=MADE_NS / 1e6 + 2_000) == {}


def test_the_places_of_replicas_may_be_compared_in_a_sample_of_the_jobs():
    counts, found = JobCounts(Clocks()), Suspects(Clocks())
    sampled, other = listed("a"), listed("a", job_id=ID[:-5] + b"x" + ID[-4:], nacks=10)
    counts.add(IDS[0], [sampled], NOW_MS)
    found.add(IDS[2], [sampled, other], NOW_MS, [sampled])
    found.factor = 16
    found.complete(counts, 3)
    looks = {ID: {IDS[0]: sampled}, other[1]: {IDS[2]: other}}
    counted = {kind: one.count for kind, one in found.confirmed(looks, NOW_MS).items()}
    assert counted == {FAILING: 1, ENDING: 0, ALONE: 16, UNLISTED: 0}


@pytest.mark.parametrize(
    ("confirmed", "suspects", "looked_at", "count"),
    [(3, 3, 3, 3), (1, 3, 3, 1), (100, 1000, 100, 1000), (1, 1000, 100, 10), (0, 1000, 100, 0), (0, 0, 0, 0)],
)
def test_of_many_suspects_the_share_that_was_confirmed_counts(confirmed, suspects, looked_at, count):
    assert Suspicion([None] * confirmed, suspects, looked_at).count == count


@pytest.mark.parametrize("answering", [1, 2])
def test_one_replica_is_a_finding_where_another_node_could_have_one(answering):
    seen = healthy()
    alone = (IDS[0], listed("a", "b"))
    seen.jobs = suspects(alone).confirmed({ID: dict([alone])}, NOW_MS)
    for node in seen.nodes[answering:]:
        node.answers = False
    assert ("one-replica" in rules_of(seen)) is (answering > 1)


def test_a_replica_that_no_node_lists():
    stray = (IDS[2], listed("a", "b", state=b"queued"))
    found = suspects(stray)
    assert look(found, stray) == {UNLISTED: 1}
    known = (IDS[0], listed("a", "b"))
    assert suspects(stray, known).to_look_at() == []
    assert look(found, stray, known) == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"uptime": 99}, False),  # restarted since: it may have lost the job
        ({"uptime": 100}, False),
        ({"uptime": 101}, True),
        ({"answers": False}, False),  # it may know the job
    ],
)
def test_possibly_acknowledged_needs_nodes_that_were_there_all_the_time(change, found):
    seen = healthy()
    stray = (IDS[2], listed("a", "b", state=b"queued"))
    seen.jobs = suspects(stray).confirmed({ID: dict([stray])}, NOW_MS)
    if "uptime" in change:
        seen.nodes[0].info["server"]["uptime_in_seconds"] = change["uptime"]
    if "answers" in change:
        seen.nodes[0].answers = False
    assert ("unlisted-replica" in rules_of(seen)) is found


@pytest.mark.parametrize(("nacks", "deliveries", "found"), [(9, 0, False), (5, 5, True), (0, 10, True)])
def test_returns(nacks, deliveries, found):
    held = [
        (node, listed("a", "b", nacks=nacks, additional_deliveries=deliveries)) for node in (IDS[0], IDS[1])
    ]
    assert look(suspects(*held), *held) == ({FAILING: 1} if found else {})


# The job is 100 seconds old.
@pytest.mark.parametrize(("ttl", "found"), [(12, False), (11, True), (0, True)])
def test_the_last_tenth_of_a_ttl(ttl, found):
    held = [(node, listed("a", "b", ttl=ttl)) for node in (IDS[0], IDS[1])]
    assert look(suspects(*held), *held) == ({ENDING: 1} if found else {})


def test_of_many_suspects_some_are_looked_at_and_all_are_counted():
    many = [
        (IDS[0], listed("a", "b", nacks=10, job_id=b"D-aaaaaaaa-%024d-05a0" % number))
        for number in range(250)
    ]
    found = suspects(*many)
    looked_at = found.to_look_at()
    assert len(looked_at) == LOOKED_AT
    looks = {replica[1]: {node: replica} for node, replica in many if replica[1] in looked_at}
    suspicion = found.confirmed(looks, NOW_MS)[FAILING]
    assert suspicion.count == 250
    assert len(suspicion.confirmed) == LOOKED_AT
