"""The cases that weigh: what a stored object takes, an idle connection, a store under churn; and how long a start takes.

Resident memory of all processes; what a server keeps in files that lie in memory counts. What the system's kernel takes
for a connection does not: it is the same for all.
"""
import random
import resource
import socket
import struct
import subprocess
import time
from dataclasses import dataclass

from . import stats
from .servers import MIB, Failed, Server, on_cores


MANY = 8  # connections, where the order of requests does not matter


class Case:
    """What these have in common: one server after the other."""
    more_is_better = False
    repeats = 1

    def takes_part(self, kind):
        return kind.takes_part_in(self)

    def run(self, bench):
        kinds = list(filter(self.takes_part, bench.kinds))
        told = {kind: [] for kind in kinds}
        for turn in stats.alternated(kinds, self.repeats):
            for kind in turn:
                with bench.trouble(self, kind):
                    told[kind].append(self.measure(bench, kind))
        return {kind.name: rounds for kind, rounds in told.items() if rounds}


def walk(bench, server, lines, connections=1, look=None):
    """Asks for all that the trace's lines name, and looks now and then. How many requests, how many the origin was asked."""
    before = bench.origin.count()
    walkers = []
    for n in range(connections):
        trace = bench.folder / f"trace-{n}"
        trace.write_text("".join(lines[n::connections]))
        command = on_cores(bench.load_cores, [bench.tools / "bench_walk", server.port, trace])
        walkers.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    while look and any(walker.poll() is None for walker in walkers):
        look()
        time.sleep(0.1)
    said = [walker.communicate()[0] for walker in walkers]
    if any(walker.returncode != 0 for walker in walkers):
        raise Failed(f"is walked through a trace: {' '.join(said)}")
    return sum(map(int, said)), bench.origin.count() - before


def lines_of(sizes):
    """A trace of objects that each come once."""
    return [f"{n} o{n} {size}\n" for n, size in enumerate(sizes)]


def settled(bench, server):
    """Resident bytes of an idle server, once there is what it takes only once: buffers, and a log in shared memory."""
    walk(bench, server, ["0 settle 100\n"] * 20000, MANY)
    return server.idle()


@dataclass
class Stored(Case):
    name: str = "stored-1k"
    title: str = "A stored 1 kB object"
    figure: str = "bytes"
    unit: str = "resident bytes each"
    SIZE = 1000
    AGAIN = 1000  # objects that are asked for once more, to see that they are there

    def measure(self, bench, kind):
        if kind.takes_all_at_once:
            return self.measure_by_room(bench, kind)
        memory = min(max(bench.objects * 10 * self.SIZE, 512 * MIB), 4095 * MIB)
        with Server(kind, bench.origin, bench.server_cores, memory) as server:
            idle = settled(bench, server)
            walk(bench, server, lines_of([self.SIZE] * bench.objects), MANY)
            full = server.resident()
            gone = walk(bench, server, lines_of([self.SIZE] * self.AGAIN))[1]
        if gone > 0:
            raise Failed(f"has {gone} of the first {self.AGAIN} objects no longer")
        return {"idle": idle, "bytes": (full - idle) / bench.objects}

    def measure_by_room(self, bench, kind):
        """How many objects have room in a store that is too small for them all? Asks for the newest first: so those that are
        found missing push out others that are missing, too."""
        memory = bench.objects * self.SIZE // MIB * MIB
        with Server(kind, bench.origin, bench.server_cores, memory) as server:
            idle = settled(bench, server)
            lines = lines_of([self.SIZE] * bench.objects)
            walk(bench, server, lines, MANY)
            asked, gone = walk(bench, server, lines[::-1], MANY)
        return {"idle": idle, "bytes": memory / (asked - gone)}


@dataclass
class Idle(Case):
    name: str = "idle-10k"
    title: str = "10,000 idle connections"
    figure: str = "bytes"
    unit: str = "resident bytes each"
    COUNT = 10000
    REQUEST = b"GET /keep/1000/idle HTTP/1.1\r\nHost: bench.example\r\n\r\n"

    def measure(self, bench, kind):
        with Server(kind, bench.origin, bench.server_cores) as server:
            settled(bench, server)
            before = server.resident()
            held = self.ask(server.port, self.COUNT)
            after = server.resident()
            for s in held:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no port behind
                s.close()
        return {"bytes": (after - before) / self.COUNT}

    def ask(self, port, count):
        """So many connections, each with an answer."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < count + 500:
            raise Failed(f"needs {count + 500} descriptors; {hard} are allowed")
        held = []
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", port), timeout=10)
            s.sendall(self.REQUEST)
            answer = b""
            while b"\r\n\r\n" not in answer or len(answer.split(b"\r\n\r\n", 1)[1]) < 1000:
                piece = s.recv(65536)
                if not piece:
                    raise Failed(f"closes connection {len(held)}")
                answer += piece
            held.append(s)
        return held


@dataclass
class Churn(Case):
    name: str = "churn"
    title: str = "A store of 128 MiB under churn"
    figure: str = "peak"
    unit: str = "MiB resident at most"
    LIMIT = 128 * MIB
    TIMES = 10  # the limit, through the store
    LEAST, MOST = 500, 2_000_000  # bytes of an object

    def sizes(self):
        dice, total = random.Random(1), 0
        while total < self.TIMES * self.LIMIT:
            size = int(self.LEAST * (self.MOST / self.LEAST) ** dice.random())
            total += size
            yield size

    def measure(self, bench, kind):
        seen = []
        with Server(kind, bench.origin, bench.server_cores, self.LIMIT) as server:
            idle = settled(bench, server)
            walk(bench, server, lines_of(self.sizes()), 1, lambda: seen.append(server.resident()))
        return {"idle": idle, "peak": max(seen)}


@dataclass
class Start(Case):
    name: str = "start"
    title: str = "Start to first answer"
    figure: str = "start_ms"
    unit: str = "ms"
    repeats = 5

    def measure(self, bench, kind):
        with Server(kind, bench.origin, bench.server_cores, 256 * MIB) as server:
            return {"start_ms": (server.answered - server.begun) * 1000}


CASES = [Stored(), Idle(), Churn(), Start()]
