"""The ADDJOB that makes the copy of a job: what it keeps of the original, and what options change."""

import pytest

from disquectl.bulk.copies import CopyOptions
from disquectl.protocol.resp import Parser
from tests.support.scanned_nodes import replica


def words(original, due_ms=None, *, most=3, **values):
    """The words of the request, as text, and the options that made it."""
    options = CopyOptions(values, 5000)
    options.most_replicas = most
    parser = Parser()
    parser.feed(options.request(original, due_ms))
    return [word.decode("latin-1") for word in parser.next_value()], options


def numbers(original, due_ms=None, **more):
    """The options of the request by name."""
    sent, _ = words(original, due_ms, **more)
    assert (sent[0], sent[3]) == ("ADDJOB", "5000")
    pairs = [word for word in sent[4:] if word != "ASYNC"]
    assert pairs[0::2] == [name for name in ("REPLICATE", "DELAY", "RETRY", "TTL") if name in pairs]
    return {name: int(value) for name, value in zip(pairs[0::2], pairs[1::2], strict=True)}


def original(**values):
    return replica(**{"repl": 3, "ttl": 1000, "retry": 60} | values)


def test_a_copy_has_what_is_left_of_the_original():
    assert numbers(original()) == {"REPLICATE": 3, "RETRY": 60, "TTL": 1000}
    assert words(original(queue=b"mail", body=b"\x00\xff"))[0][1:3] == ["mail", "\x00\xff"]
    assert words(original(body=None))[0][2] == ""
    assert words(original(), to=b"a b\n")[0][1] == "a b\n"
    assert CopyOptions({}, 1).queue_of(b"q") == b"q"
    assert CopyOptions({"to": b"r"}, 1).queue_of(b"q") == b"r"


def test_the_original_delay_is_not_begun_again():
    assert "DELAY" not in numbers(original(delay=500))


@pytest.mark.parametrize(
    ("due_ms", "ttl", "delay"),
    [(10_000, 1000, 10), (10_001, 1000, 11), (1, 1000, 1), (900_000, 10, 9), (5, 1, 0)],
)
def test_the_rest_of_a_delay_is_rounded_up_and_shorter_than_the_ttl(due_ms, ttl, delay):
    assert numbers(original(ttl=ttl), due_ms)["DELAY"] == delay


def test_a_job_whose_ttl_ends_now_gets_one_second():
    assert numbers(original(ttl=0))["TTL"] == 1


def test_options_override_the_values_of_the_job():
    assert numbers(original(), 10_000, retry=5, ttl=70, delay=0, replicate=2) == {
        "REPLICATE": 2,
        "DELAY": 0,
        "RETRY": 5,
        "TTL": 70,
    }
    assert words(original())[0][-1] != "ASYNC"
    assert words(original(), **{"async": True})[0][-1] == "ASYNC"


@pytest.mark.parametrize(
    ("had", "most", "values", "gets", "reduced"),
    [
        (3, 5, {}, 3, False),
        (3, 3, {}, 3, False),
        (3, 2, {}, 2, True),
        (1, 3, {}, 1, False),
        (3, 1, {"replicate": 2}, 2, False),
        (1, 3, {"replicate": 2}, 2, False),
    ],
)
def test_replicas(had, most, values, gets, reduced):
    sent, options = words(original(repl=had), most=most, **values)
    assert sent[sent.index("REPLICATE") + 1] == str(gets)
    assert options.was_reduced is reduced


@pytest.mark.parametrize(("retry", "values"), [(0, {}), (60, {"retry": 0})])
def test_an_at_most_once_copy_has_one_replica_and_nobody_is_told_of_fewer(retry, values):
    sent, options = words(original(retry=retry), most=2, **values)
    assert sent[sent.index("REPLICATE") + 1] == "1"
    assert not options.was_reduced
    assert numbers(original(retry=0), retry=5, most=2)["REPLICATE"] == 2
