"""A crowd at a cold URL: an origin that takes its time, a cache in front of it, and clients that all ask at once.

Used by bench/wake, which measures, and by tests/e2e/test_crowd.py. Everything runs in the caller's one thread (asyncio),
but for the cache.
"""
import asyncio
import hashlib
import json
import pathlib
import re
import resource
import signal
import socket
import time

HEAD_END = b"\r\n\r\n"
START_LIMIT_S = 60
READ_SIZE = 1 << 16


def raise_descriptor_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def body_of(target, size):
    """Bytes that no other target has: a mix-up shows."""
    return hashlib.shake_128(target.encode()).digest(size)


class Origin:
    """Answers each request after `delay_s`, the body in pieces. Before the piece after the first, `gate` is awaited with the
    number of bytes sent so far: so a test decides when the body goes on."""

    def __init__(self, delay_s, size, pieces=1, gate=None):
        self.delay_s, self.size, self.pieces, self.gate = delay_s, size, pieces, gate
        self.requests = []     # targets, as they came
        self.answered_at = {}  # target -> when its head was sent

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self.server.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(HEAD_END)
                await self.answer(head.split(b" ", 2)[1].decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the cache closed the connection
        finally:
            writer.close()

    async def answer(self, target, writer):
        self.requests.append(target)
        await asyncio.sleep(self.delay_s)
        body = body_of(target, self.size)
        step = -(-self.size // self.pieces)
        self.answered_at[target] = time.monotonic()
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: %d\r\n\r\n" % self.size)
        for sent in range(0, self.size, step):
            if sent > 0 and self.gate:
                await self.gate(sent)
            writer.write(body[sent:sent + step])
            await writer.drain()


class Client:
    """One request on a connection of its own."""

    def __init__(self):
        self.body = hashlib.sha256()
        self.received = 0
        self.head = b""
        self.head_at = None
        self.on_bytes = None  # called with the client whenever some have come

    async def connect(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=READ_SIZE)

    async def ask(self, target):
        self.writer.write(b"GET %s HTTP/1.1\r\nHost: crowd.example\r\nConnection: close\r\n\r\n" % target.encode())
        self.head = await self.reader.readuntil(HEAD_END)
        self.head_at = time.monotonic()
        while piece := await self.reader.read(READ_SIZE):
            self.body.update(piece)
            self.received += len(piece)
            if self.on_bytes:
                self.on_bytes(self)
        self.writer.close()

    @property
    def status(self):
        return int(self.head.split(b" ", 2)[1])

    def field(self, name):
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            if line.lower().startswith(name.lower() + ":"):
                return line.split(":", 1)[1].strip()
        return None


async def gather_crowd(count, port, on_bytes=None):
    """So many clients, all connected."""
    clients = [Client() for _ in range(count)]
    for first in range(0, count, 100):  # not more at once than a listener's queue takes
        await asyncio.gather(*(c.connect(port) for c in clients[first:first + 100]))
    for c in clients:
        c.on_bytes = on_bytes
    return clients


async def ask_at_once(clients, target, limit_s):
    await asyncio.wait_for(asyncio.gather(*(c.ask(target) for c in clients)), limit_s)


class Cache:
    """A program that answers at self.port. What it prints goes to a file in `folder`, so that nobody has to read a pipe."""

    def __init__(self, command, port, folder):
        self.command, self.port, self.folder = command, port, pathlib.Path(folder)

    async def start(self):
        with open(self.folder / "output", "wb") as out:
            self.process = await asyncio.create_subprocess_exec(*map(str, self.command), stdin=asyncio.subprocess.DEVNULL,
                                                                stdout=out, stderr=out, cwd=self.folder)
        end = time.monotonic() + START_LIMIT_S
        while not await self.answers():
            assert self.process.returncode is None and time.monotonic() < end, self.output()
            await asyncio.sleep(0.02)
        return self

    async def answers(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            return True
        except ConnectionRefusedError:
            return False

    async def stop(self):
        """Its exit status; all that it had to write is written then."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), START_LIMIT_S)

    def output(self):
        return (self.folder / "output").read_text(errors="replace")


class Cairn(Cache):
    """On a port that the system gives, which it prints."""

    def __init__(self, program, origin_port, folder, workers=0):
        self.log = pathlib.Path(folder) / "access.log"
        super().__init__([pathlib.Path(program).resolve(), "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                          "--workers", workers, "--origin", f"http://127.0.0.1:{origin_port}", "--log", self.log], 0, folder)

    async def answers(self):
        said = re.search(r"listens on 127\.0\.0\.1:(\d+)", self.output())
        if said:
            self.port = int(said[1])
        return bool(said)

    def records(self, target):
        """Of the log, those of one target. Complete once the node has stopped."""
        records = map(json.loads, self.log.read_text().splitlines())
        return [r for r in records if r["url"].endswith(target)]
