"""A trace of real traffic, through caches that may each grow as much as the others above what they take when idle.

What a server calls its memory is not what it takes. So its setting is moved until what it took at most lies just under the
limit, and the most hits of the walks that stayed under it count.

The trace is walked in stretches. A server that could outgrow its limit in the next one is waited for: some look only now
and then whether they hold too much, and in real traffic they would have that time. One that never makes that room has been
set too high, and its walk ends there.
"""
import time
from dataclasses import dataclass

from .cases_memory import settled, walk
from .servers import MIB, Failed, Server, get

LEFT_OUT = ("ats",)  # stores on disk by design
WALKS = 4
TRIES = 8  # those that ended early as well
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

    def takes_part(self, kind):
        return kind.takes_part_in(self) and kind.name not in LEFT_OUT

    def run(self, bench):
        told = {}
        for kind in filter(self.takes_part, bench.kinds):
            with bench.trouble(self, kind):
                told[kind.name] = [self.measure(bench, kind)]
        return told

    def measure(self, bench, kind):
        """The best walk that stayed within the limit; where none did, the last, whose growth tells."""
        seen, walks = [], []
        while len(walks) < WALKS and len(seen) < TRIES:
            setting = next_setting(seen, self.limit)
            if seen and setting == seen[-1][0]:
                break
            growth, told = self.one_walk(bench, kind, setting)
            seen.append((setting, growth))
            if told:
                walks.append(told)
        if not walks:
            raise Failed(f"makes no room with any of the settings {[setting for setting, _ in seen]}")
        within = [w for w in walks if w["growth"] <= self.limit]
        return max(within, key=lambda w: w["hits"]) if within else walks[-1]

    def one_walk(self, bench, kind, memory):
        """How far it grew, or would have had it gone on, and what the whole walk has to tell."""
        most = requests = fetched = 0
        with Server(kind, bench.origin, bench.server_cores, memory) as server:
            idle = settled(bench, server)
            for part in stretches(self.path, self.limit // STRETCHES):
                if not self.has_room(server, idle):
                    return server.resident() - idle + self.limit // STRETCHES, None
                asked, missed = walk(bench, server, part)
                requests, fetched = requests + asked, fetched + missed
                most = max(most, server.resident() - idle)
        return most, {"hits": (requests - fetched) / requests, "setting": memory, "growth": most, "idle": idle}

    def has_room(self, server, idle):
        """For one stretch more, in time; those that need no waiting for are not asked."""
        end = time.monotonic() + PATIENCE_S
        while server.kind.nudge:
            get(server.port, server.kind.nudge)
            if server.resident() + self.limit // STRETCHES < idle + self.limit:
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True
