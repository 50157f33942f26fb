"""Squids that stand in a row with Cairn: parents, children, siblings.

    site = Site()
    with site.origin, Squid("shield", asks_site(site.port)) as shield:
        shield.ask("/page", host="a.example")
        assert shield.row("/page").tag == "TCP_MISS"

Each has an address of the loopback network to itself, so its ports are the customary ones and nobody else's. An origin of
theirs has to send Date: to Squid, a response with max-age and no Date is stale at once.
"""
import collections
import contextlib
import os
import pathlib
import re

import pytest
from peers_rig import CORES, MEMORY, servers
from rig import ROOT, ask, dial, until

HTTP, ICP, HTCP = 3128, 3130, 4827

# One line of its access log. `peer`: the address that was asked, or "-".
Told = collections.namedtuple("Told", "tag status method url hierarchy peer")


def asks(kind, port, *options, address="127.0.0.1", icp=0):
    """A cache_peer line. `kind`: parent or sibling. Without `icp` it is not asked by ICP, and without "digest" among the
    options its digest is not fetched."""
    words = [option for option in options if option != "digest"]
    words += [] if "digest" in options else ["no-digest"]
    words += [] if icp else ["no-query"]
    return f"cache_peer {address} {kind} {port} {icp} {' '.join(words)} name={kind}-{address}-{port}"


def asks_site(port):
    """Lines for one that stands before an origin, whatever host is asked for."""
    return asks("parent", port, "originserver") + "\nnever_direct allow all"


def asks_parent(port, *options, **more):
    """Lines for one that asks a parent for everything it may, and nobody else."""
    return asks("parent", port, *options, **more) + "\nnever_direct allow all\nnonhierarchical_direct off"


def leave_nothing(service):
    """Removes what a Squid that was killed, called so by its -n, leaves in shared memory."""
    for file in pathlib.Path(servers.IN_MEMORY).glob(f"{service}-*"):
        file.unlink()


@pytest.fixture
def squid_service():
    """For Squids that a test starts by itself: what it is called by -n, which no other Squid of this machine is."""
    service = f"test{os.getpid()}"
    yield service
    leave_nothing(service)


class Squid(servers.Server):
    """`lines`: of squid.conf; more may be added to `lines` until it is started, by `with`. Its address and ports are known
    from the beginning, and serve once it has started. `icp`, `htcp`: whether it answers there. `digests`: whether it makes
    one, anew each second. `port_options`: of http_port, such as "accel vhost"."""

    def __init__(self, name, *lines, icp=False, htcp=False, digests=False, port_options=""):
        super().__init__(servers.Kind("squid", over=ROOT / "tests/e2e/peers/squid-row"), self, CORES, MEMORY)
        self.name, self.lines = name, list(lines)
        claim, self.port = self.port, HTTP
        self.address = f"127.1.{claim >> 8}.{claim & 255}"
        self.url = f"http://{self.address}:{self.port}"
        self.values |= {"address": self.address, "name": name, "port": HTTP, "port_options": port_options, "icp": ICP if icp else 0,
                        "htcp": HTCP if htcp else 0, "digests": "on" if digests else "off", "service": f"row{claim}"}

    def lay_out(self):
        if self.values["digests"] == "on":  # it makes none of what is in memory alone
            self.lines.append(f"cache_dir ufs {self.folder}/store 64 1 1")
        self.values["lines"] = "\n".join(self.lines)
        super().lay_out()
        for part in ("store", "store/00", "store/00/00"):
            (self.folder / part).mkdir()
            (self.folder / part).chmod(0o777)  # it becomes another user

    def _await_answer(self):
        until(self._answers)

    def _answers(self):
        if self.running[0].poll() is not None:
            raise servers.Failed(f"has ended:\n{self.output()}\n{self.said()}")
        with contextlib.suppress(OSError, EOFError):
            return self.report("menu")
        return None

    @staticmethod
    def _end(process):
        """At once: in peace it takes two seconds, and leaves nothing that could be worth them."""
        process.kill()
        process.wait()

    def __exit__(self, kind=None, *_):
        if kind is not None:
            print(f"--- {self.name}", self.said(), *self.rows(), sep="\n")
        super().__exit__()
        leave_nothing(self.values["service"])

    # ---- what it is asked ----

    def dial(self, **more):
        return dial(self.port, address=self.address, **more)

    def ask(self, target="/", *fields, host="a.example", **more):
        """As of a proxy: the target is absolute, unless it is so already or it is "*"."""
        whole = target if not target.startswith("/") else f"http://{host}{target}"
        return ask(self.port, whole, *fields, host=host, address=self.address, **more)

    def purge(self, target, **more):
        return self.ask(target, method="PURGE", **more).status

    def report(self, action):
        """What its cache manager says, as text."""
        answer = ask(self.port, f"/squid-internal-mgr/{action}", host=f"{self.name}:{self.port}", address=self.address)
        return answer.body.decode("latin-1")

    def sees_up(self, count=1):
        """Waits until it believes that so many of the peers it asks are alive, which it finds out by itself."""
        until(lambda: len(re.findall(r"^Status\s*: Up", self.report("server_list"), re.M)) >= count)

    # ---- what it says ----

    def said(self):
        """Its cache.log."""
        return self._text("cache.log")

    def rows(self, url=""):
        """Of its access log, oldest first: those whose URL has that in it. One is written when its exchange has ended, which
        may be after the client has seen all of it: see `row`. What the rig itself asks is left out."""
        rows = [Told(*line.split(" ")) for line in self._text("access.log").splitlines()]
        return [row for row in rows if url in row.url and "/squid-internal-mgr/" not in row.url and row.method != "-"]

    def row(self, url, count=1):
        """The last row for a URL, once there are so many."""
        return until(lambda: self.rows(url)[count - 1:])[-1]

    def _text(self, name):
        file = self.folder / name
        return file.read_text(errors="replace") if file.exists() else ""
