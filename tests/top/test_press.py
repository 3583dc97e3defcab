"""Keys, the cursor, the order of rows, and the commands that actions stand for."""

from __future__ import annotations

import pytest

from disquectl.commands import find
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.top.choice import SORTS, Choice, arranged
from disquectl.top.keys import KEYS
from disquectl.top.model import Snapshot
from disquectl.top.press import Effect, action_of, cancel, press, rub_out, submit, type_text
from tests.docs.pages import HELP
from tests.top.samples import HOSTILE, ROWS, SNAPSHOT, row

NAMES = [b"a", b"b", b"c", b"d", b"e"]


def run(*lines):
    return Effect("run", lines)


def choice_at(cursor, **more):
    choice = Choice(cursor=cursor, **more)
    choice.scroll(NAMES, choice.height)
    return choice


def test_no_key_means_two_things():
    names = [name for key in KEYS for name in key.keys]
    assert len(names) == len(set(names))
    assert action_of("j") == "down"
    assert action_of("€") is None


@pytest.mark.parametrize(
    ("action", "cursor"),
    [("up", b"b"), ("down", b"d"), ("first", b"a"), ("last", b"e"), ("page up", b"b"), ("page down", b"d")],
)
def test_moving(action, cursor):
    choice = choice_at(b"c", height=2)
    press(action, NAMES, choice)
    assert choice.cursor == cursor


def test_the_cursor_stays_on_its_queue_when_rows_move():
    choice = choice_at(b"d", height=2)
    assert list(choice.scroll([b"d", b"a", b"b", b"c"], 2)) == [0, 1]
    assert choice.cursor == b"d"
    choice.scroll([b"a", b"b"], 2)  # it has gone
    assert choice.cursor in (b"a", b"b")
    choice.scroll([], 2)
    assert choice.cursor is None
    press("down", [], choice)


def test_keys_that_come_before_the_screen_is_drawn_act_on_the_rows_that_there_are():
    choice = choice_at(b"c")
    press("filter", NAMES, choice)
    type_text("e", NAMES, choice)
    submit(NAMES, choice)
    assert press("delete", [b"e"], choice) == run("purge e")
    assert press("delete", [], choice) is None


def test_the_cursor_is_always_on_the_screen():
    choice = choice_at(b"a", height=3)
    for action in ("last", "up", "up", "up", "first", "page down"):
        press(action, NAMES, choice)
        shown = choice.scroll(NAMES, 3)
        assert choice.cursor in [NAMES[at] for at in shown]
        assert len(shown) == 3


@pytest.mark.parametrize(
    ("action", "line"),
    [("delete", "purge c"), ("queue now", "requeue c")],
)
def test_actions_are_commands(action, line):
    assert press(action, NAMES, choice_at(b"c")) == run(line)


def test_actions_take_the_marked_rows_that_are_on_the_screen():
    choice = choice_at(b"a", height=3)
    for action in ("mark", "down", "mark"):
        press(action, NAMES, choice)
    choice.marked.add(b"e")
    choice.top = 0
    assert press("delete", NAMES, choice) == run("purge a c")


def test_moving_jobs_asks_for_a_queue():
    choice = choice_at(b"c")
    assert press("move", NAMES, choice) is None
    for letter in "oldx":
        type_text(letter, NAMES, choice)
    rub_out(choice)
    assert submit(NAMES, choice) == run("move c --to old")
    assert choice.asking == ""
    press("move", NAMES, choice)
    assert submit(NAMES, choice) is None  # nothing was typed


@pytest.mark.parametrize(("letter", "state"), [("i", "in"), ("o", "out"), ("a", "all"), ("n", "none")])
def test_pausing_asks_for_a_state(letter, state):
    choice = choice_at(b"c")
    press("pause", NAMES, choice)
    assert type_text(letter, NAMES, choice) == run(f"pause c {state} --cluster")
    press("pause", NAMES, choice)
    assert type_text("x", NAMES, choice) is None
    assert choice.asking == ""


def test_a_command_is_typed():
    choice = choice_at(b"c")
    press("command", NAMES, choice)
    type_text("qlen\x1b mail", NAMES, choice)
    assert submit(NAMES, choice) == run("qlen mail")


@pytest.mark.parametrize(
    "name", [b"-x", b"a b", b"\xff", b"|", b"'", b'"', b"\\!", b"help", b"*", HOSTILE, b"a\nb"]
)
@pytest.mark.parametrize("action", ["delete", "queue now"])
def test_names_of_any_bytes_reach_the_command_whole(name, action):
    effect = press(action, [name], Choice(cursor=name))
    invocation = interpret(read(effect.lines[0]))
    assert invocation.handoff is None
    given = invocation.words["queue"]
    assert [word.encode("utf-8", "surrogateescape") for word in given] == [name]


def test_a_filter_shows_at_once_and_escape_removes_it():
    choice = choice_at(b"c")
    press("filter", NAMES, choice)
    type_text("TH", NAMES, choice)
    assert [one.queue for one in arranged(SNAPSHOT, choice)] == [b"thumbnails"]
    submit(NAMES, choice)
    assert choice.filter == "TH"
    press("back", NAMES, choice)
    assert choice.filter == ""
    press("filter", NAMES, choice)
    type_text("*il", NAMES, choice)
    assert [one.queue for one in arranged(SNAPSHOT, choice)] == [b"mail", b"dead:mail"]
    cancel(choice)
    assert (choice.filter, choice.asking) == ("", "")


def test_trouble_comes_first_then_what_delivers_most():
    found = [one.queue for one in arranged(SNAPSHOT, Choice())]
    assert found == [b"thumbnails", HOSTILE, b"reports", b"mail", b"dead:mail"]


@pytest.mark.parametrize("sort", SORTS)
def test_orders(sort):
    choice = Choice(sort=sort)
    rows = arranged(SNAPSHOT, choice)
    assert len(rows) == len(ROWS)
    if sort == "queued":
        assert [one.queued for one in rows] == sorted((one.queued for one in ROWS), reverse=True)
    if sort == "queue":
        assert [one.queue for one in rows] == sorted(one.queue for one in ROWS)
    choice.is_reversed = True
    if sort != "trouble":
        assert getattr(arranged(SNAPSHOT, choice)[0], sort) in (getattr(rows[-1], sort), 0, None, 0.0)
    press("sort", NAMES, choice)
    assert choice.sort != sort


def test_rows_are_sorted_once_for_a_snapshot():
    choice = Choice()
    assert choice.rows(SNAPSHOT) is choice.rows(SNAPSHOT)
    later = Snapshot(101.0, SNAPSHOT.total, (row(b"new"),))
    assert choice.names(later) == [b"new"]


def test_jobs_are_opened_and_acted_on_after_a_question():
    choice = choice_at(b"c")
    press("enter", NAMES, choice)
    assert (choice.screen, choice.queue) == ("jobs", b"c")
    ids = [b"D-1", b"D-2"]
    choice.scroll(ids, 10)
    press("mark", ids, choice)
    press("mark", ids, choice)
    for action, verb in (("delete", "deljob"), ("queue now", "enqueue"), ("acknowledge", "ack")):
        press(action, ids, choice)
        assert type_text("n", ids, choice) is None
        press(action, ids, choice)
        assert type_text("y", ids, choice) == run(f"{verb} D-1 D-2 --cluster")
    assert press("pause", ids, choice) is None
    assert choice.is_trouble
    choice.marked.clear()
    press("enter", ids, choice)
    assert (choice.screen, choice.job) == ("job", b"D-2")
    press("delete", [], choice)
    assert submit([], choice) is None  # Enter alone is no answer
    press("delete", [], choice)
    assert type_text("y", [], choice) == run("deljob D-2 --cluster")
    press("back", [], choice)
    assert (choice.screen, choice.job, choice.cursor) == ("jobs", b"", b"D-2")
    press("back", ids, choice)
    assert (choice.screen, choice.queue, choice.cursor) == ("queues", b"", b"c")


def test_screens_go_back():
    choice = choice_at(b"c")
    press("nodes", NAMES, choice)
    assert choice.screen == "nodes"
    assert press("delete", NAMES, choice) is None
    press("help", NAMES, choice)
    press("back", NAMES, choice)
    press("back", NAMES, choice)
    assert (choice.screen, choice.cursor) == ("queues", b"c")
    assert press("quit", NAMES, choice) == Effect("quit")


def test_every_key_does_something():
    handled = {"quit", "interrupt", "suspend", "refresh"}
    for key in KEYS:
        choice = choice_at(b"c", filter="x" if key.action == "back" else "")
        before = repr(choice)
        effect = press(key.action, NAMES, choice)
        assert effect is not None or repr(choice) != before or key.action in handled, key


def test_keys_that_act_name_a_command():
    for key in KEYS:
        if key.acts:
            command = key.meaning.rpartition(": ")[2].split()[0].rstrip(".")
            assert find(command) is not None


def test_the_page_has_every_key():
    page = (HELP / "watching.md").read_text()
    for key in KEYS:
        assert f"| `{key.shown}` | {key.meaning} |\n" in page
