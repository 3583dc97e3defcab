"""Keys, the cursor, the order of rows, and the commands that actions stand for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from disquectl.commands import find
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.top.actions import Effect
from disquectl.top.choice import Choice, Opened
from disquectl.top.keys import KEYS
from disquectl.top.model import Snapshot
from disquectl.top.press import action_of, cancel, press, rub_out, submit, type_text
from disquectl.top.rows import ORDERS
from tests.docs.pages import HELP
from tests.top.samples import EXAMINED, HOSTILE, OF_DEAD, ROWS, SNAPSHOT, row

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


def test_a_queue_named_like_an_option_stays_a_queue_in_a_system_shell():
    # Without `--`, what is shown would delete the jobs of all queues where it is pasted.
    names = [b"--all-queues"]
    choice = choice_at(names[0])
    assert press("delete", names, choice) == run('purge -- "--all-queues"')
    assert press("queue now", names, choice) == run('requeue -- "--all-queues"')
    press("pause", names, choice)
    assert type_text("o", names, choice) == run('pause --cluster -- "--all-queues" out')
    press("move", names, choice)
    for letter in "old":
        type_text(letter, names, choice)
    assert submit(names, choice) == run('move --to old -- "--all-queues"')


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
    assert [one.queue for one in choice.rows(SNAPSHOT)] == [b"thumbnails"]
    submit(NAMES, choice)
    assert choice.filter == "TH"
    press("back", NAMES, choice)
    assert choice.filter == ""
    press("filter", NAMES, choice)
    type_text("*il", NAMES, choice)
    assert [one.queue for one in choice.rows(SNAPSHOT)] == [b"mail", b"dead:mail"]
    cancel(choice)
    assert (choice.filter, choice.asking) == ("", "")


def test_trouble_comes_first_then_what_delivers_most():
    found = [one.queue for one in Choice().rows(SNAPSHOT)]
    assert found == [b"thumbnails", HOSTILE, b"reports", b"mail", b"dead:mail"]


@pytest.mark.parametrize("sort", ORDERS["queues"])
def test_orders(sort):
    choice = Choice(sort=sort)
    rows = choice.rows(SNAPSHOT)
    assert len(rows) == len(ROWS)
    if sort == "queued":
        assert [one.queued for one in rows] == sorted((one.queued for one in ROWS), reverse=True)
    if sort == "queue":
        assert [one.queue for one in rows] == sorted(one.queue for one in ROWS)
    choice.is_reversed = True
    if sort != "trouble":
        assert getattr(choice.rows(SNAPSHOT)[0], sort) in (getattr(rows[-1], sort), 0, None, 0.0)
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
    press("pause", ids, choice)
    assert type_text("o", ids, choice) == run("pause c out --cluster")
    press("move", ids, choice)
    type_text("x y", ids, choice)
    assert submit(ids, choice) == Effect("run", ('move c --to "x y"',), (b"D-1", b"D-2"))
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


def on_screen(screen, snapshot, row):
    """The choice with the cursor on a row of a list, and the names of its rows."""
    choice = choice_at(b"c")
    choice.go(screen)
    names = choice.names(snapshot)
    choice.scroll(names, 10)
    choice.cursor = names[row]
    return choice, names


def test_dead_letters_are_retried_and_dropped_by_their_ids():
    choice, names = on_screen("dead", OF_DEAD, 0)
    assert len(names) == 3
    for is_open in (False, True):
        if is_open:
            press("enter", names, choice)
            assert (choice.screen, choice.letter) == ("letter", names[0])
        for action, verb in (("delete", "drop"), ("queue now", "retry")):
            press(action, names, choice)
            assert type_text("y", names, choice) == run(f"dead {verb} {names[0].decode()}")
        press("pause", names, choice)
        assert type_text("o", names, choice) == run("pause mail out --cluster")
        for action in ("move", "acknowledge"):
            assert press(action, names, choice) is None
            assert choice.message
            assert not choice.asking
        press("show name", names, choice)
        assert choice.message == names[0].decode()
    press("back", names, choice)
    assert (choice.screen, choice.cursor) == ("dead", names[0])


def test_marked_letters_are_acted_on_together_and_the_question_counts_them():
    choice, names = on_screen("dead", OF_DEAD, 0)
    for _ in range(3):
        press("mark", names, choice)
    press("delete", names, choice)
    assert choice.of == "drop 3 dead letters"
    press("pause", names, choice)
    effect = type_text("n", names, choice)
    assert effect.lines[0] == "pause mail none --cluster"
    assert len(effect.lines) == 2  # the third is of mail, too


@pytest.mark.parametrize(
    ("text", "found"),
    [("MAIL", {1, 2, 3}), ("exit code", {1}), ("sigkill", {3}), ("evil", {2}), ("zzz", set())],
)
def test_letters_are_filtered(text, found):
    choice, _ = on_screen("dead", OF_DEAD, 0)
    press("filter", [], choice)
    type_text(text, [], choice)
    assert {int(letter["id"][-4:], 16) for letter in choice.letters(OF_DEAD)} == found
    submit([], choice)
    press("back", [], choice)
    assert choice.filter == ""
    assert choice.screen == "dead"


def test_orders_of_letters():
    choice, names = on_screen("dead", OF_DEAD, 0)
    press("sort", names, choice)
    assert choice.sort == "queue"
    assert [letter["queue"] for letter in choice.letters(OF_DEAD)] == [HOSTILE, b"mail", b"mail"]
    press("sort", names, choice)
    press("reverse", names, choice)
    reasons = [str(letter["reason"]) for letter in choice.letters(OF_DEAD)]
    assert reasons == sorted(reasons, reverse=True)


def test_a_problem_is_opened_and_its_command_typed():
    choice, names = on_screen("problems", SNAPSHOT, 1)
    press("show name", names, choice)
    assert choice.message == "disquectl consumers thumbnails"
    press("enter", names, choice)
    assert choice.screen == "problem"
    press("enter", names, choice)
    assert (choice.asking, choice.text) == ("command", "consumers thumbnails")
    assert submit(names, choice) == run("consumers thumbnails")


def test_the_names_to_copy_are_quoted_for_a_shell():
    choice, names = on_screen("queues", SNAPSHOT, 0)
    names = [b"$(id)", b"\x1b"]
    choice.cursor, choice.marked = names[0], set(names)
    press("show name", names, choice)
    assert choice.message == r"'$(id)' $'\x1b'"


def test_a_problem_keeps_its_row_while_its_figures_change():
    choice, names = on_screen("problems", SNAPSHOT, 1)
    found = [{**one, "what": one["what"] + " more"} for one in EXAMINED.findings[1:]]
    later = replace(SNAPSHOT, examined=replace(EXAMINED, findings=tuple(found * 2)))
    assert choice.names(later)[:2] == names[1:]
    assert len(set(choice.names(later))) == 4


@pytest.mark.parametrize("screen", ["nodes", "problems", "problem", "help"])
@pytest.mark.parametrize("key", [key for key in KEYS if key.acts], ids=lambda key: key.shown)
def test_where_a_key_makes_no_sense_it_says_so(screen, key):
    choice, names = on_screen("problems", SNAPSHOT, 1)
    choice.go(screen)
    assert press(key.action, names, choice) is None
    assert "acts on" in choice.message
    assert choice.asking == ""


def test_each_list_has_a_filter_of_its_own():
    choice = choice_at(b"c", filter="c")
    press("nodes", NAMES, choice)
    assert choice.filter == ""
    press("filter", [], choice)
    type_text("7711", [], choice)
    assert choice.names(SNAPSHOT) == [b"127.0.0.1:7711"]
    submit([], choice)
    press("nodes", [], choice)
    assert (choice.screen, choice.filter) == ("queues", "c")


def test_what_is_looked_at():
    choice = choice_at(b"c")
    assert choice.opened == Opened()
    press("enter", NAMES, choice)
    assert choice.opened == Opened(b"c")
    press("dead", [], choice)
    assert choice.opened.dead
    press("back", [], choice)
    assert choice.opened == Opened(b"c")


def test_keys_that_act_name_a_command():
    for key in KEYS:
        if key.acts:
            commands = [part.split()[0].rstrip(".;") for part in key.meaning.split(": ")[1:]]
            assert commands
            assert all(find(command) is not None for command in commands), commands


def test_the_page_has_every_key():
    page = (HELP / "watching.md").read_text()
    for key in KEYS:
        assert f"| `{key.shown}` | {key.meaning} |\n" in page
