"""Dead letters and problems on the screen, and the actions on jobs, against the sandbox."""

from __future__ import annotations

import json
import threading

from disquectl import Client
from tests.support.emulated_terminal import Person
from tests.support.waiting import wait_until

FAST = ("--every", "100ms")


def top(node, home, *args, **options):
    return Person("top", *FAST, *args, home=str(home), DISQUE_NODES=node, **options)


def die(client, number, queue="mail", reason="exit code 75"):
    """A dead letter as `work` writes it; its ID."""
    letter = {
        "v": 1,
        "queue": queue,
        "id": f"D-1234abcd-{number:024d}-05a1",
        "body": f"body {number}",
        "attempts": 25,
        "created": "2026-01-01T00:00:00.000Z",
        "failed": f"2026-01-01T01:00:0{number}.000Z",
        "exit": 75,
        "signal": None,
        "reason": reason,
        "stderr": "smtp: greylisted\n",
        "retry": 30,
        "ttl": 3600,
        "replicate": 1,
    }
    return client.addjob(f"dead:{queue}", json.dumps(letter))


def test_dead_letters_are_opened_retried_and_dropped(node, client, tmp_path):
    first, second = die(client, 1), die(client, 2, reason="timed out")
    client.addjob("dead:mail", "not a letter")
    with top(node, tmp_path, columns=140) as person:
        person.until("dead 3")
        person.type("D")
        person.until(lambda text: first in text and second in text and "2 dead letters  mail 2" in text)
        person.type("/timed\r")
        person.until(lambda text: first not in text and second in text and "1 dead letter /timed" in text)
        person.type("\r")
        person.until(f"dead letter {second}")
        person.until("greylisted")
        person.until("  body 2")
        person.type("n")
        person.until(f"retry 1 dead letter (dead retry {second})? [y/N]")
        person.type("y")
        person.until(f"$ disquectl dead retry {second}")
        person.until("Press Enter")
        person.type("\r")
        person.until("it is not among the dead letters now")
        assert client.qlen("mail") == 1
        person.type("\x1b")
        person.until("0 dead letters /timed")
        person.type("\x1b")
        person.until(first)
        person.type("d")
        person.until("drop 1 dead letter")
        person.type("y")
        person.until("Press Enter")
        person.type("\r")
        person.until("no dead letters found")
        person.type("D")
        person.until(lambda text: "out/s" in text)
        person.type("q")
        assert person.leaves() == 0
    assert client.qlen("dead:mail") == 1


def test_read_only_refuses_to_drop_letters(node, client, tmp_path):
    letter = die(client, 1)
    with top(node, tmp_path, "--read-only", columns=140) as person:
        person.type("D")
        person.until(letter)
        person.type("dy")
        person.until("dead drop can change the cluster, and this is read-only")
        person.type("\rq")
        assert person.leaves() == 0
    assert client.qlen("dead:mail") == 1


def test_problems_are_those_that_doctor_finds(node, client, tmp_path):
    client.addjob("mail", "a")
    client.pause("mail", "out")
    with top(node, tmp_path, columns=120) as person:
        person.until("problems 1 (!)")
        person.type("!")
        person.until("queue 'mail' is paused (out), with 1 queued job")
        person.until("examined")
        person.type("\r")
        person.until("warning: queue-paused")
        person.until("disquectl pause --cluster mail none")
        person.type("\r")
        person.until(":pause --cluster mail none")
        person.type("\r")
        person.until("$ disquectl pause --cluster mail none")
        person.until("Press Enter")
        assert client.pause("mail", "state") == "none"
        person.type("\rq")
        assert person.leaves() == 0


def test_jobs_are_moved_and_their_queue_is_paused(node, client, tmp_path):
    ids = [client.addjob("mail", f"{number}") for number in range(3)]
    with top(node, tmp_path, columns=140) as person:
        person.until("mail")
        person.type("\r")
        person.until(lambda text: all(one in text for one in ids))
        person.type("g  m")
        person.until("move to queue:")
        person.type("other\r")
        person.until("$ disquectl move mail --to other --ids-from ")
        person.until("[y/N]")
        person.type("y\r")
        person.until("Press Enter")
        assert (client.qlen("mail"), client.qlen("other")) == (1, 2)
        person.type("\rpo")
        person.until("$ disquectl pause mail out --cluster")
        person.until("Press Enter")
        assert client.pause("mail", "state") == "out"
        person.type("\rq")
        assert person.leaves() == 0


def test_consumers_that_wait_are_counted(mortal, tmp_path):
    seeds = mortal.addresses

    def wait_for_a_job():
        with Client(seeds[0]) as waiting:
            waiting.getjob("mail", timeout_ms=60_000)

    threading.Thread(target=wait_for_a_job, daemon=True).start()
    with Client(seeds[0]) as client:
        wait_until(lambda: client.info("clients")["clients"]["blocked_clients"] == 1)
        with top(seeds[0], tmp_path) as person:
            person.until("waiting 1")
            person.type("q")
            assert person.leaves() == 0
        client.addjob("mail", "a")
