"""Signals: what was ignored at the start stays so, and the handlers before are put back."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading

import pytest

from disquectl.execution.signals import Signals, Stop


@pytest.fixture
def _default_usr1():
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGUSR1, before)


def is_readable(fd):
    return bool(select.select([fd], [], [], 0)[0])


@pytest.mark.usefixtures("_default_usr1")
def test_a_signal_is_heard_and_makes_the_file_readable():
    came = []
    with Signals([signal.SIGUSR1], came.append) as signals:
        assert not is_readable(signals.fd)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert (came, is_readable(signals.fd)) == ([signal.SIGUSR1], True)
        signals.clear()
        assert not is_readable(signals.fd)
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


@pytest.mark.usefixtures("_default_usr1")
def test_what_was_ignored_stays_so_unless_it_is_needed():
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    came = []
    with Signals([signal.SIGUSR1], came.append):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert came == []
    with Signals([], came.append, always=[signal.SIGUSR1]):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert came == [signal.SIGUSR1]
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN


def test_no_signal_is_heard_outside_of_the_main_thread():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def look():
        with Stop() as stop:
            seen.append((stop.asked, signal.getsignal(signal.SIGTERM), is_readable(stop.fd)))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(False, before, False)]


STOPPING = """
import signal, sys
from disquectl.execution.signals import Signals
came = []
with Signals([signal.SIGTSTP], came.append) as signals:
    print("ready", flush=True)
    while not came:
        signal.pause()
    signals.stop_here()
    print("continued", signal.getsignal(signal.SIGTSTP) == signals._on_signal, flush=True)
"""


def test_a_process_stops_until_it_is_continued():
    # In a group of its own: where the tests run without a terminal, theirs cannot be stopped.
    words = [sys.executable, "-c", STOPPING]
    with subprocess.Popen(words, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == b"continued True\n"
