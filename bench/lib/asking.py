"""How a node that is measured step by step is reached and asked: by bench/hit, bench/miss, and bench/lines."""
import contextlib
import pathlib
import re
import socket
import subprocess
import sys

TOOL = "bench/" + pathlib.Path(sys.argv[0]).name


def port_of(process):
    """Where it listens, having been told to take any port: it says so on its standard error, which is piped to us."""
    said = []
    for line in process.stderr:
        said.append(line)
        found = re.search(rb" listens on \S*:(\d+)$", line.rstrip())
        if found:
            return int(found[1])
    sys.exit(f"{TOOL}: the node does not listen:\n" + b"".join(said).decode(errors="replace"))


def connect(port):
    return socket.create_connection(("127.0.0.1", port))


def request(port, target):
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def read_answer(sock, size, hit, body=None):
    """A whole one whose body has `size` bytes, and is `body` where that is told; ends the program where it is not a hit, or is one,
    as `hit` says."""
    data = b""
    while len(data.partition(b"\r\n\r\n")[2]) < size:
        piece = sock.recv(65536)
        if not piece:
            sys.exit(f"{TOOL}: the node closed a connection")
        data += piece
    if body is not None and not data.endswith(b"\r\n\r\n" + body):
        sys.exit(f"{TOOL}: not the body that was stored:\n" + data.decode(errors="replace"))
    if not data.startswith(b"HTTP/1.1 200 ") or (b"X-Cache: HIT" in data) != hit:
        sys.exit(f"{TOOL}: {'no hit' if hit else 'not from the origin'}:\n" + data.decode(errors="replace"))


@contextlib.contextmanager
def origin_beside(program):
    """The bench's origin, from the folder that the program was built in; gives its address."""
    with subprocess.Popen([pathlib.Path(program).parent / "bench/bench_origin"], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield "http://127.0.0.1:" + server.stdout.readline().split()[-1]
        finally:
            server.terminate()
