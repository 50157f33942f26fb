"""The cases that are driven by wrk: hits, requests that are passed on, and objects that are new."""
import contextlib
import time
from dataclasses import dataclass

from . import load, stats
from .servers import EDGES, MIB, Failed, Kind, Row, Server, body_of, get

CHECKS = 20  # requests at warm-up that must be hits, or must not
LOGGED = 20  # bytes that the tersest of logs writes of a request
LOG_LIMIT_S = 15


@dataclass
class Http:
    """What is asked for. `target` is what the origin is told, `words` are for load.lua."""
    name: str
    title: str
    target: str
    size: int
    stored: bool = True  # hits, or else requests that each reach the origin
    new: bool = False    # a URL of its own for each request
    browser: bool = False
    log: bool = False
    memory: int = 512 * MIB
    figure: str = "cpu_us"  # what the ratios are of
    unit: str = "µs of CPU a request"
    more_is_better: bool = False

    def run(self, bench):
        """{name: its rounds}. Who does not do what it should is left out, and told of in `bench.troubles`."""
        told = {}
        with contextlib.ExitStack() as running:
            for kind in filter(self.takes_part, bench.kinds):
                with bench.trouble(self, kind):
                    server = running.enter_context(self.server(bench, kind))
                    self.warm_up(bench, server)
                    told[server] = []
            for n, turn in enumerate(stats.alternated(list(told), bench.rounds)):
                for server in turn:
                    with bench.trouble(self, server.kind):
                        told[server].append(self.one_round(bench, server, n))
            return {s.name: rounds for s, rounds in told.items() if len(rounds) == bench.rounds and self.log_right(bench, s, rounds)}

    def takes_part(self, kind):
        return kind.takes_part_in(self)

    def server(self, bench, kind):
        return Server(kind, bench.origin, bench.server_cores, self.memory, self.log, at_once=True)

    def one_round(self, bench, server, number):
        words = ["browser"] * self.browser + ["new", f"r{number}"] * self.new
        before = bench.origin.count()
        told = load.drive(server, self.target, bench.load_cores, bench.seconds, bench.connections, words, bench.counting)
        fetched = bench.origin.count() - before
        if self.stored and not self.new and fetched > 0:
            raise Failed(f"asked its origin {fetched} times for what it has")
        if (self.new or not self.stored) and fetched < told["requests"]:
            raise Failed(f"asked its origin {fetched} times only, for {told['requests']} requests")
        return told

    def warm_up(self, bench, server):
        """The answers are right, and come from where they should."""
        target = self.target + "/warm" if self.new else self.target
        for _ in range(3):
            self.check_answer(server, target)
        before = bench.origin.count()
        for _ in range(CHECKS):
            self.check_answer(server, target)
        fetched = bench.origin.count() - before
        if fetched != (0 if self.stored else CHECKS):
            raise Failed(f"asked its origin {fetched} times in {CHECKS} requests for {target}")
        load.drive(server, self.target, bench.load_cores, 1, bench.connections, ["new", "warm"] * self.new)

    def log_right(self, bench, server, rounds):
        """Is all that was asked logged, soon?"""
        end = time.monotonic() + LOG_LIMIT_S
        requests = sum(r["requests"] for r in rounds)
        with bench.trouble(self, server.kind):
            while self.log and server.logged() < requests * LOGGED:
                if time.monotonic() > end:
                    raise Failed(f"logged {server.logged()} bytes of {requests} requests")
                time.sleep(0.1)
            return True
        return False

    def check_answer(self, server, target):
        status, _, body = get(server.port, target)
        if status != 200 or body != body_of(target, self.size):
            raise Failed(f"answers {status} and {len(body)} bytes to {target}: not what the origin says")


class Tiers(Http):
    """A hit of a shield, through an edge of the same make that stores nothing. What both take is one figure."""

    def takes_part(self, kind):
        return (EDGES / kind.name).is_dir()

    def server(self, bench, kind):
        shield = super().server(bench, kind)
        return Row(shield, Server(Kind(kind.name, kind.program, EDGES / kind.name), shield, bench.server_cores, self.memory))


CASES = [
    Http("hit-1k", "1 kB hit", "/keep/1000/hit", 1000),
    Http("hit-1k-browser", "1 kB hit, a browser's request", "/keep/1000/hit", 1000, browser=True),
    Http("hit-1k-log", "1 kB hit, access logs on", "/keep/1000/hit", 1000, log=True),
    Http("hit-10k", "10 kB hit", "/keep/10000/hit", 10000),
    Http("hit-100k", "100 kB hit", "/keep/100000/hit", 100000),
    Http("pass-1k", "1 kB forwarded, not cacheable", "/pass/1000/no", 1000, stored=False),
    Http("new-1k", "New 1 kB objects, fetched, stored", "/keep/1000", 1000, new=True, memory=2048 * MIB, figure="rate",
         unit="objects a second", more_is_better=True),
    Tiers("tiers-1k", "1 kB hit of a shield, through an edge", "/keep/1000/hit", 1000),
]
