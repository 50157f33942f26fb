"""What the compiler learns from, where a release is built (tools/release): does it still do what it is for?"""
import os
import pathlib
import subprocess
import sys

import pytest

CAIRN = pathlib.Path(os.environ.get("CAIRN", "build/cairn")).resolve()
EXERCISE = pathlib.Path(__file__).resolve().parent.parent.parent / "tools/exercise.py"
ORIGIN = CAIRN.parent / "bench/bench_origin"


def exercise(program, origin):
    return subprocess.run([sys.executable, EXERCISE, program, origin, "--rounds", "2"], capture_output=True, text=True)


def test_all_that_is_asked_is_answered():
    done = exercise(CAIRN, ORIGIN)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("answer, says", (
    ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "is answered with HTTP/1.1 503"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "was cut"),
))
def test_a_wrong_answer_is_told(tmp_path, answer, says):
    """In the node's place: a program that says it listens, and gives each client the same."""
    node = tmp_path / "node"
    node.write_text(f"""#!{sys.executable}
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print("cairn: edge-1 listens on 127.0.0.1:%d" % s.getsockname()[1], file=sys.stderr, flush=True)
while True:
    client = s.accept()[0]
    client.recv(65536)
    client.sendall({answer!r}.encode())
    client.shutdown(socket.SHUT_WR)
    client.recv(65536)
""")
    node.chmod(0o755)
    done = exercise(node, ORIGIN)
    assert done.returncode == 1 and says in done.stderr
