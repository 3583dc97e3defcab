"""move to another cluster: how it is named, what it is told, and what each side may know of the other."""

from __future__ import annotations

import contextlib
import itertools

import pytest

from disquectl import Client
from tests.commands.test_move import moved, shown
from tests.conftest import run_disquectl
from tests.support.jobs import add, fill, next_millisecond
from tests.support.scripted_node import refused_address
from tests.support.terminal import Terminal
from tests.support.tls_proxy import Authority, TlsProxy
from tests.support.written import watching

SOURCE, DESTINATION = "source-secret", "destination-secret"


@contextlib.contextmanager
def guarded(*nodes, password):
    """These nodes ask for this password while the block runs."""
    with contextlib.ExitStack() as stack:
        for node in nodes:
            _set_password(node, None, password)
            stack.callback(_set_password, node, password, "")
        yield


def _set_password(node, old, new):
    with Client(node, password=old) as client:
        client.call("CONFIG", "SET", "requirepass", new)


@pytest.fixture
def original(cluster):
    """A job of the source, and the time at which it was created is over."""
    job_id = add(cluster[0], "mail", "hello", replicate=2)
    next_millisecond()
    return job_id


@pytest.fixture
def config(tmp_path, node):
    """Write a config file with a profile `there`; return its path."""

    def write(**settings):
        lines = [f"{name} = {value}" for name, value in {"nodes": f'["{node}"]', **settings}.items()]
        path = tmp_path / "config.toml"
        path.write_text("[profiles.there]\n" + "\n".join(lines) + "\n")
        path.chmod(0o600)
        return str(path)

    return write


def arrived(node, records, queue=b"mail", password=None):
    """Whether the copies are at the destination."""
    with Client(node, password=password) as client:
        return {client.show(one["new_id"])["queue"] for one in records.values()} == {queue}


def test_to_another_node_into_the_queue_of_the_same_name(cluster, node, original):
    records, summary = moved(cluster[1], "mail", "--to-node", node)
    assert (set(records), summary["done"]) == ({original}, 1)
    assert (records[original]["queue"], records[original]["to"]) == ("mail", "mail")
    assert arrived(node, records)
    assert all(shown(one, original) is None for one in cluster)


def test_to_another_queue_there(cluster, node, original):
    records, _ = moved(cluster[1], "mail", "--to-node", f"{refused_address()},{node}", "--to", "post")
    assert arrived(node, records, b"post")


def test_all_queues_keep_their_names(cluster, node, original):
    other = add(cluster[1], b"\xff\n", "x")
    next_millisecond()
    records, _ = moved(cluster[1], "--all-queues", "--to-node", node)
    assert shown(node, records[other]["new_id"])["queue"] == b"\xff\n"
    assert shown(node, records[original]["new_id"])["queue"] == b"mail"


def test_the_number_of_replicas_is_what_the_destination_can_hold(cluster, node):
    fill(cluster[0], ["1", "2"], "mail", replicate=3)
    next_millisecond()
    result = run_disquectl("move", "mail", "--to-node", node, "--yes", node=cluster[0])
    assert result.code == 0
    assert result.err == (
        "move: 2 jobs matched, 2 done\ncopies have at most 1 replica: the destination can hold no more now\n"
    )
    fill(node, ["1", "2"], "back")
    next_millisecond()
    result = run_disquectl("move", "back", "--to-node", cluster[0], "--yes", node=node)
    assert (result.code, result.err) == (0, "move: 2 jobs matched, 2 done\n")


@pytest.mark.parametrize("words", [(), ("--connections", "3"), ("--async",)])
def test_many_jobs_to_a_cluster_with_replicas(words, cluster, node):
    fill(node, map(str, range(230)), "mail")
    next_millisecond()
    records, summary = moved(node, "mail", "--to-node", cluster[0], "--replicate", "3", *words)
    assert (len(records), summary["done"]) == (230, 230)
    with Client(cluster[0]) as client:
        found = client.jscan_all(queue="mail", reply="all")
        assert {job["body"]: job["repl"] for job in found} == {b"%d" % number: 3 for number in range(230)}
        assert client.qlen("mail") == 230


def test_a_delay_is_the_rest_of_it(cluster, node):
    job_id = add(cluster[0], "mail", delay=300, retry=7, ttl=900)
    next_millisecond()
    records, _ = moved(cluster[1], "mail", "--to-node", node)
    copy = shown(node, records[job_id]["new_id"])
    assert (copy["state"], copy["retry"]) == ("active", 7)
    assert 295 <= copy["delay"] <= 300
    assert 890 <= copy["ttl"] <= 901


# Where it is the source


@pytest.mark.parametrize("words", [(), ("--to", "mail")])
def test_another_address_of_the_same_cluster_is_found_out(words, cluster, original):
    result = run_disquectl("move", "mail", "--to-node", cluster[2], *words, "--yes", node=cluster[0])
    assert (result.code, result.out) == (2, "")
    expected = (
        "the destination is the cluster of the jobs" if not words else "the jobs are in that queue already"
    )
    assert expected in result.err
    assert shown(cluster[0], original)["state"] == "queued"


def test_another_queue_by_another_address_of_the_same_cluster(cluster, original):
    records, _ = moved(cluster[0], "mail", "--to-node", cluster[2], "--to", "post")
    assert arrived(cluster[2], records, b"post")


# Credentials


def test_to_url_with_its_password(cluster, node, original):
    with guarded(node, password=DESTINATION):
        url = f"disque://:{DESTINATION}@{node}"
        result = run_disquectl("move", "mail", "--to-url", url, "--yes", "--echo", node=cluster[0])
        assert result.code == 0
        assert "others can see a password on the command line" in result.err
        assert DESTINATION not in result.err + result.out
        with Client(node, password=DESTINATION) as client:
            assert client.qlen("mail") == 1


def test_the_password_of_the_source_is_not_used(cluster, node, original):
    with guarded(node, password=SOURCE):
        words = ("move", "mail", "--to-node", node, "--yes", "--echo", "--show-secrets")
        result = run_disquectl(*words, node=cluster[0], DISQUE_PASSWORD=SOURCE)
    assert result.code == 7
    assert "destination: " in result.err
    assert "NOAUTH" in result.err
    assert "--to-password-file" in result.err
    assert "DISQUE_PASSWORD" not in result.err
    assert shown(cluster[0], original)["additional_deliveries"] == 0
    echoed = [line for line in result.err.splitlines() if " destination " in line]
    assert echoed
    assert not any(SOURCE in line for line in echoed)


def test_each_side_hears_its_own_password_alone(cluster, node, original, tmp_path):
    file = tmp_path / "password"
    file.write_text(DESTINATION + "\n")
    file.chmod(0o600)
    with guarded(*cluster, password=SOURCE), guarded(node, password=DESTINATION):
        words = ("move", "mail", "--to-node", node, "--to-password-file", str(file), "--yes")
        result = run_disquectl(*words, "--echo", "--show-secrets", node=cluster[0], DISQUE_PASSWORD=SOURCE)
        assert result.code == 0
        with Client(node, password=DESTINATION) as client:
            assert client.qlen("mail") == 1
    lines = [line.split(" ", 2)[1:] for line in result.err.splitlines() if '"' in line]
    assert {side for side, _ in lines} == {"source", "destination"}
    for side, line in lines:
        assert (SOURCE in line) <= (side == "source")
        assert (DESTINATION in line) <= (side == "destination")
    assert any(SOURCE in line for _, line in lines)
    assert any(DESTINATION in line for _, line in lines)


def test_a_profile_has_its_own_password(cluster, node, original, config, tmp_path):
    file = tmp_path / "password"
    file.write_text(DESTINATION)
    file.chmod(0o600)
    path = config(**{"password-file": f'"{file}"'})
    with guarded(node, password=DESTINATION):
        records, _ = moved(
            cluster[0], "mail", "--to-profile", "there", DISQUECTL_CONFIG=path, DISQUE_PASSWORD="wrong"
        )
        assert arrived(node, records, password=DESTINATION)


def test_a_wrong_password_of_the_destination(cluster, node, original, tmp_path):
    file = tmp_path / "password"
    file.write_text("wrong")
    with guarded(node, password=DESTINATION):
        words = ("move", "mail", "--to-node", node, "--to-password-file", str(file), "--yes")
        result = run_disquectl(*words, node=cluster[0])
    assert result.code == 7
    assert "destination: " in result.err
    assert shown(cluster[0], original)["state"] == "queued"


def test_through_tls(cluster, node, original, tmp_path):
    authority = Authority(tmp_path)
    with TlsProxy(node, authority.issue("localhost")) as proxy:
        records, _ = moved(cluster[0], "mail", "--to-node", proxy.address, "--to-cacert", authority.ca)
        assert arrived(node, records)
        add(cluster[0], "mail")
        next_millisecond()
        # Without the authority its certificate is not trusted.
        result = run_disquectl(
            "move", "mail", "--to-url", f"disques://{proxy.address}", "--yes", node=cluster[0]
        )
        assert result.code == 5
        assert "destination: " in result.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--to-node", "{node}", "--to-cacert", "/none"), 9),
        (("--to-node", "{node}", "--to-password-file", "/none"), 9),
        (("--to-node", "{node}", "--journal", "/none/x"), 9),
        (("--to-node", "nowhere:x"), 2),
        (("--to-url", "disque://:pw@/"), 2),
    ],
    ids=itertools.count(),
)
def test_what_is_wrong_with_the_destination_is_found_before_a_node_is_asked(words, code, node):
    words = [word.format(node=node) for word in words]
    result = run_disquectl("move", "mail", *words, "--yes", node="127.0.0.1:1")
    assert (result.code, result.out) == (code, ""), result
    assert "--to-" in result.err or "--journal" in result.err or "/none" in result.err


# Guards of the destination


def test_a_destination_that_is_read_only(cluster, node, config, original):
    path = config(**{"read-only": "true"})
    words = ("move", "mail", "--to-profile", "there")
    result = run_disquectl(*words, "--yes", node="127.0.0.1:1", DISQUECTL_CONFIG=path)
    assert (result.code, result.out) == (2, "")
    assert "destination" in result.err
    listed = run_disquectl(*words, "--dry-run", node=cluster[0], DISQUECTL_CONFIG=path)
    assert (listed.code, listed.out.split("\t")[0]) == (0, original)


def test_a_protected_destination_takes_its_name(cluster, node, config, original):
    path = config(protected="true")
    words = ("move", "mail", "--to-profile", "there", "--yes")
    result = run_disquectl(*words, node="127.0.0.1:1", DISQUECTL_CONFIG=path)
    assert (result.code, result.out) == (2, "")
    assert "--yes-really there" in result.err
    with Terminal(*words, node=cluster[0], DISQUECTL_CONFIG=path) as terminal:
        terminal.wait_for("Type there to go on:")
        terminal.type("y\n")
        assert terminal.end() == 130
    assert shown(cluster[0], original)["state"] == "queued"
    result = run_disquectl(*words, "--yes-really", "other", node=cluster[0], DISQUECTL_CONFIG=path)
    assert result.code == 2
    # It is the destination that is named: the source still has to be confirmed.
    words = (*words[:-1], "--yes-really", "there")
    result = run_disquectl(*words, node=cluster[0], DISQUECTL_CONFIG=path)
    assert (result.code, "pass --yes" in result.err) == (2, True)
    records, _ = moved(cluster[0], *words[1:], DISQUECTL_CONFIG=path)
    assert arrived(node, records)


def test_dry_run_writes_nothing_on_either_side(cluster, node, original):
    with watching([*cluster, node]) as written:
        result = run_disquectl("move", "mail", "--to-node", node, "--dry-run", node=cluster[0])
    assert (result.code, written) == (0, [])
    assert result.out.split("\t")[0] == original


# Errors


def test_an_error_says_which_side_it_is_of(node):
    nowhere = refused_address()
    result = run_disquectl("move", "mail", "--to-node", node, "--yes", node=nowhere)
    assert (result.code, result.err.startswith(f"disquectl: source: {nowhere}")) == (5, True), result
    result = run_disquectl("move", "mail", "--to-node", nowhere, "--yes", node=node)
    assert (result.code, result.err.startswith(f"disquectl: destination: {nowhere}")) == (5, True), result
