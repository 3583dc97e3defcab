"""Peak memory and first lines: nothing is held because there is much of it."""

import socket
import subprocess
import sys
import threading

import pytest

from tests.support.processes import PATIENCE_SECONDS, environment, running
from tests.support.scripted_node import ScriptedNode

HELLO = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$1\r\n1\r\n$1\r\n1\r\n"
ID = b"D-dcb833cf-8YL1NT17e9+wsA/%08d-05a1"


class QuickNode:
    """Answers HELLO once, and then each ADDJOB with an ID, without looking at it."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(PATIENCE_SECONDS)
        self._listener.close()

    def _serve(self):
        conn, _ = self._listener.accept()
        with conn:
            conn.recv(1000)
            conn.sendall(HELLO)
            rest = b""
            while data := conn.recv(1 << 20):
                data = rest + data
                # The verb may be cut in two; its last byte is counted when it has come.
                count = data.count(b"ADDJOB")
                rest = data[-5:] if not data.endswith(b"ADDJOB") else b""
                conn.sendall(b"+D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n" * count)


# The peak of the process itself: what wait4 gives has that of its parent in it.
MEASURED = """
import sys
from disquectl.cli.main import run_command_line
code = run_command_line(sys.argv[1:])
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)
sys.exit(code)
"""


def peak_kib(args, node):
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(node),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr)


@pytest.mark.parametrize("option", ["--lines", "--jsonl"])
def test_adding_takes_the_same_memory_for_many_lines_as_for_few(option, tmp_path):
    line = b"hello world\n" if option == "--lines" else b'{"body":"hello world"}\n'
    peaks = []
    for count in (10_000, 1_000_000 if option == "--lines" else 100_000):
        file = tmp_path / "lines"
        file.write_bytes(line * count)
        with QuickNode() as node:
            peaks.append(peak_kib(["addjob", "q", option, "--file", str(file)], node.address))
    assert max(peaks) < 64 * 1024
    assert peaks[1] < peaks[0] + 4 * 1024


def test_a_scan_keeps_no_bodies_and_shows_each_id_once():
    """Pages of a hundred jobs of 10,000 bytes, each page twice."""
    names = (
        b"id queue state repl ttl ctime delay retry nacks additional-deliveries nodes-delivered "
        b"nodes-confirmed next-requeue-within next-awake-within body"
    ).split()

    def bulk(data):
        return b"$%d\r\n%b\r\n" % (len(data), data)

    def job(number):
        values = [bulk(ID % number), bulk(b"q"), bulk(b"queued"), *[b":1\r\n"] * 7]
        values += [b"*1\r\n$1\r\na\r\n", b"*0\r\n", b":1\r\n", b"$-1\r\n", bulk(b"x" * 10_000)]
        pairs = b"".join(bulk(name) + value for name, value in zip(names, values, strict=True))
        return b"*30\r\n" + pairs

    def page(number, cursor):
        jobs = b"".join(job(number * 100 + i) for i in range(100))
        return b"*2\r\n" + bulk(b"%d" % cursor) + b"*100\r\n" + jobs

    pages = [page(i // 2, i + 1) for i in range(99)] + [page(49, 0)]
    with ScriptedNode(pages) as server, running("jscan", "--reply", "all", node=server.address) as process:
        lines = process.stdout.read().splitlines()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert [line.split(b"\t")[0] for line in lines] == [ID % i for i in range(5000)]
    with ScriptedNode(pages) as server:
        assert peak_kib(["jscan", "--reply", "all"], server.address) < 64 * 1024


def test_the_first_line_of_a_scan_comes_before_the_next_page(tmp_path):
    first = b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\na\r\n"
    go_on = threading.Event()

    def wait_and_end(conn):
        go_on.wait(PATIENCE_SECONDS)
        conn.sendall(b"*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n")

    with ScriptedNode([first, wait_and_end]) as server, running("qscan", node=server.address) as process:
        assert process.stdout.readline() == b"a\n"
        go_on.set()
        assert process.stdout.readline() == b"b\n"
        assert process.wait(PATIENCE_SECONDS) == 0
    assert server.requests == [[b"QSCAN", b"0"], [b"QSCAN", b"7"]]


def test_a_scan_of_the_whole_cluster_keeps_each_name_once():
    def page(i, count):
        cursor, names = b"%d" % ((i + 1) % count), [b"%d-%d-" % (i, j) + b"x" * 10_000 for j in range(100)]
        texts = b"".join(b"$%d\r\n%b\r\n" % (len(name), name) for name in names)
        return b"*2\r\n$%d\r\n%b\r\n*100\r\n%b" % (len(cursor), cursor, texts)

    peaks = []
    for count in (4, 40):
        with ScriptedNode([HELLO, *(page(i, count) for i in range(count))]) as node:
            peaks.append(peak_kib(["qscan", "--cluster"], node.address))
    # 40 MB of names, which are kept until all nodes have said which of them they have.
    assert peaks[1] < peaks[0] + 60 * 1024


def test_a_scan_that_has_begun_never_changes_node():
    first = b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\na\r\n"
    with (
        ScriptedNode([first, lambda conn: conn.close()]) as node,
        ScriptedNode([b"*2\r\n$1\r\n0\r\n*0\r\n"]) as other,
        running("qscan", node=f"{node.address},{other.address}") as process,
    ):
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out) == (5, b"a\n")
        assert other.accepted == 0
        assert node.address.encode() in err
