"""A trace of real traffic, through caches that may each grow as much as the others above what they take when idle.

What a server calls its memory is not what it takes. So its setting is moved until what it took at most lies just under the
limit, and the most hits of the walks that stayed under it count.

The trace is walked in stretches. A server that could outgrow its limit in the next one is waited for: some look only now
and then whether they hold too much, and in real traffic they would have that time.
"""
import time
from dataclasses import dataclass

from .cases_memory import settled, walk
from .servers import MIB, Server, get

LEFT_OUT = ("ats",)  # stores on disk by design
WALKS = 4
NEAR = 0.95  # of the limit: near enough
LEAST = 8 * MIB
STRETCHES = 8  # that have room within a limit, were everything in them new
PATIENCE_S = 15


def stretches(path, size):
    """The trace's lines, in parts that ask for not much more than `size` bytes each."""
    part, total = [], 0
    with path.open() as trace:
        for line in trace:
            part.append(line)
            total += int(line.split()[2])
            if total >= size:
                yield part
                part, total = [], 0
    if part:
        yield part


def next_setting(seen, limit):
    """By the settings so far and what they led to: as if growth lay on the line through the last two. The last of them
    again where that was near enough, or nothing less is left to try."""
    if not seen:
        return limit
    (before, grown_before), (setting, grown) = ([(0, 0)] + seen)[-2:]
    if NEAR * limit <= grown <= limit:
        return setting
    slope = (grown - grown_before) / (setting - before)
    aim = (1 + NEAR) / 2 * limit
    return min(max(int(setting + (aim - grown) / max(slope, 0.25)), LEAST), 2 * limit)


@dataclass
class Trace:
    path: object
    limit: int
    figure: str = "hits"
    unit: str = "of requests"
    more_is_better: bool = True

    @property
    def name(self):
        return f"trace-{self.limit // MIB}"

    @property
    def title(self):
        return f"A trace, with {self.limit // MIB} MiB"

    def run(self, bench):
        told = {}
        for kind in bench.kinds:
            if kind.name not in LEFT_OUT:
                with bench.trouble(self, kind):
                    told[kind.name] = [self.measure(bench, kind)]
        return told

    def measure(self, bench, kind):
        """The best walk that stayed within the limit; where none did, the last, whose growth tells."""
        walks = []
        while len(walks) < WALKS:
            setting = next_setting([(w["setting"], w["growth"]) for w in walks], self.limit)
            if walks and setting == walks[-1]["setting"]:
                break
            walks.append(self.one_walk(bench, kind, setting))
        within = [w for w in walks if w["growth"] <= self.limit]
        return max(within, key=lambda w: w["hits"]) if within else walks[-1]

    def one_walk(self, bench, kind, memory):
        most = requests = fetched = 0
        with Server(kind, bench.origin, bench.server_cores, memory) as server:
            idle = settled(bench, server)
            for part in stretches(self.path, self.limit // STRETCHES):
                asked, missed = walk(bench, server, part)
                requests, fetched = requests + asked, fetched + missed
                most = max(most, server.resident() - idle)
                self.wait_for_room(server, idle)
        return {"hits": (requests - fetched) / requests, "setting": memory, "growth": most, "idle": idle}

    def wait_for_room(self, server, idle):
        end = time.monotonic() + PATIENCE_S
        while server.kind.nudge and time.monotonic() < end:
            get(server.port, server.kind.nudge)
            if server.resident() + self.limit // STRETCHES < idle + self.limit:
                return
            time.sleep(0.05)
