"""What end-to-end tests share: a node that runs, origins that do as they are told, a client that reads byte by byte.

Nothing here sleeps for a guess: `until` asks again until something is true, and fails after a generous limit.
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = pathlib.Path(os.environ.get("CAIRN", ROOT / "build/cairn")).resolve()
LIMIT_S = 30


def until(what, *arguments):
    """What `what` gives once it is true."""
    end = time.monotonic() + LIMIT_S
    while True:
        found = what(*arguments)
        if found:
            return found
        assert time.monotonic() < end, f"did not come about: {what}"
        time.sleep(0.005)


# ---- messages ----

class Message:
    """A start line, fields by their names in lower case, and a body."""

    def __init__(self, head, body=b""):
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.lines = [line for line in lines[1:] if line]
        self.body = body

    @property
    def status(self):
        return int(self.line.split()[1])

    @property
    def method(self):
        return self.line.split()[0]

    @property
    def target(self):
        return self.line.split()[1]

    def all(self, name):
        return [line.split(":", 1)[1].strip() for line in self.lines if line.split(":", 1)[0].lower() == name.lower()]

    def __getitem__(self, name):
        """The field's value, several lines joined; None where there is none."""
        values = self.all(name)
        return ", ".join(values) if values else None


class Wire:
    """One end of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(LIMIT_S)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def receive(self, limit=65536):
        """The next bytes; b"" at the end. Where none come, what the kernel says of both ends is in the error."""
        try:
            return self.sock.recv(limit)
        except TimeoutError:
            port = self.sock.getsockname()[1]
            seen = subprocess.run(["ss", "-tinmo", f"( sport = :{port} or dport = :{port} )"], capture_output=True,
                                  text=True, check=False)
            raise TimeoutError(f"nothing came for {LIMIT_S} s, {len(self.rest)} bytes kept:\n{seen.stdout}") from None

    def more(self, limit=65536):
        data = self.receive(limit)
        self.rest += data
        return data

    def take(self, n):
        pieces, have = [self.rest], len(self.rest)
        while have < n:
            piece = self.receive()
            if not piece:
                raise EOFError(f"{n} bytes wanted, {have} came")
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self.rest = data[n:]
        return data[:n]

    def take_to(self, mark):
        while mark not in self.rest:
            if not self.more():
                raise EOFError(f"no {mark!r} in {self.rest!r}")
        data, self.rest = self.rest.split(mark, 1)
        return data + mark

    def to_end(self):
        while self.more():
            pass
        data, self.rest = self.rest, b""
        return data

    def ended(self):
        """Has the other end closed, cleanly or not, with nothing more to read?"""
        try:
            return not self.rest and not self.more()
        except ConnectionResetError:
            return True

    def head(self):
        return Message(self.take_to(b"\r\n\r\n"))

    def chunks(self):
        while True:
            n = int(self.take_to(b"\r\n").split(b";")[0], 16)
            if n == 0:
                break
            yield self.take(n)
            self.take(2)
        while self.take_to(b"\r\n") != b"\r\n":
            pass

    def body_of(self, message, bodiless=False):
        if bodiless:
            return b""
        if message["Transfer-Encoding"]:
            return b"".join(self.chunks())
        if message["Content-Length"] is not None:
            return self.take(int(message["Content-Length"]))
        return b"" if message.line.startswith(("GET", "HEAD", "OPTIONS")) else self.to_end()

    def request(self):
        message = self.head()
        if message["Transfer-Encoding"] or message["Content-Length"]:
            message.body = self.body_of(message)
        return message

    def response(self, method="GET"):
        message = self.head()
        while message.status < 200 and message.status != 101:
            message = self.head()
        message.body = self.body_of(message, method == "HEAD" or message.status in (101, 204, 304))
        return message

    def ask(self, target="/", *fields, method="GET", body=None, host="a.example", proto="HTTP/1.1"):
        self.say(target, *fields, method=method, body=body, host=host, proto=proto)
        return self.response(method)

    def say(self, target="/", *fields, method="GET", body=None, host="a.example", proto="HTTP/1.1"):
        lines = [f"{method} {target} {proto}", f"Host: {host}", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines) + "\r\n\r\n")
        self.send(body or b"")


def dial(port, receive=None, source="127.0.0.1", address="127.0.0.1"):
    """A connection to a port of this machine; `receive`: the bytes that the kernel holds for it, about."""
    sock = socket.socket()
    if receive is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    sock.bind((source, 0))
    sock.connect((address, port))
    return Wire(sock)


def ask(port, target="/", *fields, source="127.0.0.1", address="127.0.0.1", **more):
    with dial(port, source=source, address=address) as wire:
        return wire.ask(target, *fields, **more)


# ---- origins ----

class Origin:
    """`answer(wire, request)` is called for each request, on a thread for each connection, until it returns False."""

    def __init__(self, answer, listener=None):
        self.answer = answer
        self.requests = []
        self.faults = []
        self.connections = 0
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(Wire(sock),), daemon=True).start()

    def serve(self, wire):
        with wire:
            try:
                while True:
                    request = wire.request()
                    self.requests.append(request)
                    if self.answer(wire, request) is False:
                        return
            except (EOFError, OSError):
                pass
            except Exception as fault:  # pylint: disable=broad-except
                self.faults.append(fault)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        assert not self.faults


@contextlib.contextmanager
def held_port():
    """A port for a server that is told its number. Until then, and while it is down, nobody else is given it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def respond(wire, body="", *fields, status=200):
    data = body.encode("latin-1") if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(data)}", *fields]
    wire.send("\r\n".join(lines) + "\r\n\r\n")
    wire.send(data)


def fresh(wire, request):
    """A page that may be stored."""
    respond(wire, f"body of {request.target}", "Cache-Control: max-age=1000", "Content-Type: text/plain")


# ---- nodes ----

def settings(origin=None, **sections):
    """A configuration, which JSON can say as well as YAML can. `origin`: the URLs of the only upstream."""
    conf = {"node": {"name": "edge-1", "workers": 2}, "listeners": [{"address": "127.0.0.1:0"}],
            "admin": {"address": "127.0.0.1:0"}, "logs": [{"file": "off"}]}
    if origin is not None:
        members = [origin] if isinstance(origin, str) else list(origin)
        conf["upstreams"] = {"site": {"members": members}}
        conf["routes"] = [{"upstream": "site"}]
    for name, section in sections.items():
        conf[name] = {**conf.get(name, {}), **section} if isinstance(section, dict) else section
    return json.dumps(conf, indent=1)


class Node:
    """cairn serve, from a configuration in a file, or from flags alone."""

    def __init__(self, tmp, conf=None, flags=(), before=(), **popen):
        self.file = tmp / "cairn.yaml"
        command = [*before, CAIRN, "serve", *flags]
        if conf is not None:
            self.file.write_text(conf)
            command += ["-c", self.file]
        self.said = []
        popen = {"stdout": subprocess.DEVNULL, **popen}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **popen)
        self.listening = threading.Thread(target=self.listen, daemon=True)
        self.listening.start()
        line = self.hears(r"admin port on 127\.0\.0\.1:(\d+)")
        self.admin = int(line[1])
        self.port = int(self.hears(r"listens on \S+:(\d+)")[1])

    def listen(self):
        for line in self.process.stderr:
            self.said.append(line)

    def text(self):
        return "".join(self.said)

    def hears(self, pattern):
        """Waits for the node to say it."""
        return until(lambda: re.search(pattern, self.text()) or self.lives() and None)

    def lives(self):
        if self.process.poll() is not None:
            self.listening.join(LIMIT_S)
            raise AssertionError(f"the node has ended: {self.text()}")
        return True

    def signal(self, number):
        self.process.send_signal(number)

    def ends(self):
        """Its exit status."""
        status = self.process.wait(LIMIT_S)
        self.listening.join(LIMIT_S)
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.tell_all()
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.listening.join(LIMIT_S)
        if kind is None:
            assert self.process.wait(LIMIT_S) == 0, self.text()
        elif self.said:
            print(self.text())

    def tell_all(self):
        """For whoever reads why a test failed: the node's own numbers, but for those that are 0."""
        with contextlib.suppress(OSError, EOFError, ValueError):
            for line in self.order("/metrics").body.decode().splitlines():
                if not line.startswith("#") and not line.endswith(" 0") and "_bucket" not in line:
                    print(line)

    def dial(self, **more):
        return dial(self.port, **more)

    def ask(self, target="/", *fields, **more):
        return ask(self.port, target, *fields, **more)

    def order(self, target, method="GET"):
        return ask(self.admin, target, method=method, host="localhost")

    def reload(self, conf):
        self.file.write_text(conf)
        return self.order("/v1/reload", "POST")

    def told(self, target):
        answer = self.order(target)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def metric(self, name, **labels):
        """The sum of all samples of that name with these labels."""
        total = 0
        for line in self.order("/metrics").body.decode().splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found[1] == name:
                has = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
                if labels.items() <= has.items():
                    total += float(found[3])
        return total

    def resident(self):
        """Bytes of resident memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024
