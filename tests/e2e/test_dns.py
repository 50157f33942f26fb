"""Members followed by DNS: a name server whose records change while requests run, and what becomes of both."""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from rig import LIMIT_S, Node, Origin, respond, settings, until

DNSMASQ = shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin")
TTL_S = 1
# Within its TTL and a second, on a machine that has something else to do as well.
FOLLOWED_S = TTL_S + 1 + 10
NAME = "site.test"
SERVICE = "_http._tcp.site.test"

pytestmark = pytest.mark.skipif(DNSMASQ is None, reason="needs dnsmasq: tools/setup")


def free_port():
    """One that nobody has, for TCP and UDP, and that the system gives to nobody while the name server is away."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10000, first), 1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)), \
             socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port below {first} is free")


class NameServer:
    """dnsmasq, which answers what it is told to, with a TTL of a second."""

    def __init__(self, tmp):
        self.hosts = tmp / "hosts"
        self.hosts.write_text("")
        self.options = []
        self.log = tmp / "dnsmasq.log"
        self.process = None
        self.port = None
        self.begun = False # nodes know its port

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        while self.process is None:
            self.port = self.port or free_port()
            command = [DNSMASQ, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=",
                       f"--port={self.port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/test/",
                       f"--addn-hosts={self.hosts}", f"--local-ttl={TTL_S}", "--log-queries",
                       f"--log-facility={self.log}", "--pid-file=", *self.options]
            self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            until(lambda: self.process.poll() is not None or self.listens())
            if self.process.poll() is not None: # somebody was quicker
                said = self.process.stderr.read()
                assert "in use" in said and not self.begun, said
                self.process, self.port = None, None
        self.begun = True

    def listens(self):
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", self.port))
            sock.settimeout(1)
            sock.send(b"\0\7\1\0\0\1\0\0\0\0\0\0\5ready\4test\0\0\1\0\1")
            with contextlib.suppress(OSError):
                return sock.recv(512)[:2] == b"\0\7"
        return False

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(LIMIT_S)
            self.process.stderr.close()
            self.process = None

    def has(self, *addresses, name=NAME):
        """These are the name's, and no others, once this returns."""
        before = self.reads()
        self.hosts.write_text("".join(f"{address} {name}\n" for address in addresses))
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.reads() > before)

    def reads(self):
        return self.log.read_text().count(f"read {self.hosts}")

    def asked(self, kind, name):
        return len(re.findall(rf"query\[{kind}\] {re.escape(name)} ", self.log.read_text()))

    def with_records(self, *options):
        """Others from now on; to read them it has to start anew, and for a moment nobody answers."""
        self.stop()
        self.options = list(options)
        self.start()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Place(Origin):
    """An origin that says where it is, of what may not be stored, and knows how many connections it has."""

    def __init__(self, listener):
        self.open = 0
        self.lock = threading.Lock()
        self.at = listener.getsockname()[0]
        super().__init__(self.tell, listener)

    def tell(self, wire, _):
        respond(wire, self.at, "Cache-Control: no-store")

    def serve(self, wire):
        with self.lock:
            self.open += 1
        try:
            super().serve(wire)
        finally:
            with self.lock:
                self.open -= 1


@contextlib.contextmanager
def places(*addresses):
    """Origins at these addresses, all at one port: by their addresses."""
    while True:
        with contextlib.ExitStack() as stack:
            listeners, port = [], 0
            with contextlib.suppress(OSError):
                for at in addresses:
                    family = socket.AF_INET6 if ":" in at else socket.AF_INET
                    listeners.append(socket.create_server((at, port), family=family))
                    port = listeners[0].getsockname()[1]
            if len(listeners) == len(addresses):
                yield {at: stack.enter_context(Place(one)) for at, one in zip(addresses, listeners)}
                return
            for one in listeners:
                one.close()


class Hammer:
    """Requests without pause, on threads of their own and each for another page: all must be answered, and by whom is
    remembered."""

    def __init__(self, node, clients=2):
        self.node = node
        self.over = False
        self.answers = []
        self.faults = []
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def run(self):
        try:
            with self.node.dial() as wire:
                while not self.over:
                    answer = wire.ask(f"/{len(self.answers)}")
                    self.answers.append((answer.status, answer.body.decode()))
                    time.sleep(0.001) # the machine has something else to do as well
        except Exception as fault:  # pylint: disable=broad-except
            self.faults.append(fault)

    def more(self, n=40):
        """By whom the next ones are answered."""
        first = len(self.answers)
        until(lambda: len(self.answers) >= first + n or self.faults)
        return {who for _, who in self.answers[first:]}

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()
        assert not self.faults
        assert {status for status, _ in self.answers} == {200}


def following(name_server, url, kind, **more):
    member = {"url": url, "follow": kind}
    return settings([member], node={"name_servers": [name_server.address]}, **more)


def group(node):
    return node.told("/v1/status")["upstreams"][0]


def members(node):
    return {member["member"] for member in group(node)["members"]}


def becomes(node, labels):
    """How long it takes until these are the members."""
    begin = time.monotonic()
    until(lambda: members(node) == labels)
    return time.monotonic() - begin


def turns_to(hammer, places):
    """How long it takes until these alone answer."""
    begin = time.monotonic()
    until(lambda: hammer.more() == places)
    return time.monotonic() - begin


def test_addresses_come_and_go(tmp_path):
    with places("127.0.0.1", "127.0.0.2", "127.0.0.3", "::1") as at, NameServer(tmp_path) as dns:
        port = at["127.0.0.1"].port
        label = lambda where: f"[{where}]:{port}" if ":" in where else f"{where}:{port}"
        dns.has("127.0.0.1", "127.0.0.2")
        with Node(tmp_path, following(dns, f"http://{NAME}:{port}", "addresses")) as node:
            becomes(node, {label("127.0.0.1"), label("127.0.0.2")})
            with Hammer(node) as hammer:
                assert hammer.more() == {"127.0.0.1", "127.0.0.2"}
                dns.has("127.0.0.1", "127.0.0.2", "127.0.0.3", "::1")
                assert becomes(node, {label(where) for where in at}) < FOLLOWED_S
                until(lambda: hammer.more() == set(at))
                dns.has("127.0.0.3", "::1")
                assert becomes(node, {label("127.0.0.3"), label("::1")}) < FOLLOWED_S
                until(lambda: hammer.more() == {"127.0.0.3", "::1"})
                # What was lent has come back by then, and is not kept.
                until(lambda: at["127.0.0.1"].open == at["127.0.0.2"].open == 0)
                # The last IPv6 address goes, while the name has others: that is meant.
                dns.has("127.0.0.3")
                assert becomes(node, {label("127.0.0.3")}) < FOLLOWED_S
                until(lambda: hammer.more() == {"127.0.0.3"})
            assert node.metric("cairn_upstream_members", upstream="site") == 1
            assert node.metric("cairn_upstream_members_changed_seconds", upstream="site") > 0
            assert node.metric("cairn_upstream_up", member=label("127.0.0.3")) == 1
            followed, = group(node)["followed"]
            assert (followed["name"], followed["follow"], followed["answered"]) == (NAME, "addresses", True)
            assert followed["asked_again_in"] <= TTL_S


def test_a_tunnel_outlives_its_member(tmp_path):
    """Its name is in the record at the end, long after the member has left."""
    def switch(wire, _):
        wire.send("HTTP/1.1 101 Go On\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        wire.sock.recv(1)
        return False

    log = tmp_path / "log"
    with places("127.0.0.1", "127.0.0.2") as at, NameServer(tmp_path) as dns:
        label = {where: f"{where}:{place.port}" for where, place in at.items()}
        at["127.0.0.1"].answer = switch
        dns.has("127.0.0.1")
        url = f"http://{NAME}:{at['127.0.0.1'].port}"
        with Node(tmp_path, following(dns, url, "addresses", logs=[{"file": str(log)}])) as node:
            becomes(node, {label["127.0.0.1"]})
            with node.dial() as wire:
                assert wire.ask("/", "Connection: Upgrade", "Upgrade: echo").status == 101
                dns.has("127.0.0.2")
                becomes(node, {label["127.0.0.2"]})
                assert node.ask("/").body == b"127.0.0.2"
            until(lambda: '"status":101' in log.read_text())
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["member"] for line in lines if line["status"] == 101] == [label["127.0.0.1"]]


def test_services_come_and_go(tmp_path):
    with places("127.0.0.1") as one, places("127.0.0.2") as two, places("127.0.0.3") as three, \
            NameServer(tmp_path) as dns:
        (one,), (two,), (three,) = one.values(), two.values(), three.values()
        hosts = [f"--host-record={name}.test,{where.at}" for name, where in [("a", one), ("b", two), ("c", three)]]
        record = lambda name, where, priority=0, weight=0: \
            f"--srv-host={SERVICE},{name}.test,{where.port},{priority},{weight}"
        dns.with_records(*hosts, record("a", one), record("b", two))
        with Node(tmp_path, following(dns, f"http://{SERVICE}", "srv")) as node:
            becomes(node, {f"a.test:{one.port}", f"b.test:{two.port}"})
            with Hammer(node) as hammer:
                assert hammer.more() == {one.at, two.at}
                # From when the name server is there again: it reads these at its start.
                dns.with_records(*hosts, record("b", two), record("c", three))
                assert becomes(node, {f"b.test:{two.port}", f"c.test:{three.port}"}) < FOLLOWED_S
                until(lambda: hammer.more() == {two.at, three.at})
                until(lambda: one.open == 0)
                # The lower priority alone is asked.
                dns.with_records(*hosts, record("b", two, priority=7), record("c", three, priority=3))
                assert turns_to(hammer, {three.at}) < FOLLOWED_S
                assert members(node) == {f"b.test:{two.port}", f"c.test:{three.port}"}
                # A target moves: the member is the same, what is connected to where it was is not kept.
                asked = node.metric("cairn_upstream_requests_total", member=f"c.test:{three.port}")
                with places("127.0.0.4") as four:
                    four, = four.values()
                    dns.with_records(f"--host-record=c.test,{four.at}", record("c", four))
                    assert turns_to(hammer, {four.at}) < FOLLOWED_S
                    until(lambda: three.open == 0)
                    assert asked > 0
                    dns.with_records(*hosts, record("a", one))
                    assert becomes(node, {f"a.test:{one.port}"}) < FOLLOWED_S
                    until(lambda: hammer.more() == {one.at})


def test_what_is_known_outlives_failures(tmp_path):
    with places("127.0.0.1", "127.0.0.2") as at, NameServer(tmp_path) as dns:
        port = at["127.0.0.1"].port
        both = {f"{where}:{port}" for where in at}
        dns.has(*at)
        conf = following(dns, f"http://{NAME}:{port}", "addresses", timeouts={"follow": "1s"})
        with Node(tmp_path, conf) as node:
            becomes(node, both)
            with Hammer(node) as hammer:
                dns.has() # the name is not there any more
                until(lambda: group(node)["followed"][0].get("why") == "the name does not exist")
                assert members(node) == both
                failed = node.metric("cairn_dns_failures_total")
                dns.stop() # nobody is there to ask
                until(lambda: node.metric("cairn_dns_failures_total") > failed)
                assert members(node) == both
                assert hammer.more() == set(at)
                dns.start()
                dns.has("127.0.0.2")
                becomes(node, {f"127.0.0.2:{port}"})
                until(lambda: "why" not in group(node)["followed"][0])


def test_a_reload_begins_with_what_is_known(tmp_path):
    with places("127.0.0.1", "127.0.0.2") as at, NameServer(tmp_path) as dns:
        port = at["127.0.0.1"].port
        both = {f"{where}:{port}" for where in at}
        dns.has(*at)
        with Node(tmp_path, following(dns, f"http://{NAME}:{port}", "addresses")) as node:
            becomes(node, both)
            dns.stop()
            with Hammer(node) as hammer:
                hammer.more()
                asked = node.metric("cairn_upstream_requests_total")
                assert asked > 0
                for i in range(5):
                    conf = following(dns, f"http://{NAME}:{port}", "addresses", timeouts={"idle": f"{60 + i}s", "follow": "5s"})
                    assert node.reload(conf).status == 200
                    assert members(node) == both
                    hammer.more()
                assert node.metric("cairn_upstream_requests_total") > asked
                dns.start()
                dns.has("127.0.0.1")
                becomes(node, {f"127.0.0.1:{port}"})


@contextlib.contextmanager
def before_the_first_answer(folder, **sections):
    """A node, its configuration, a connection with a request that waits for the name server, and what lets that one answer."""
    with places("127.0.0.1") as at, NameServer(folder) as dns:
        port = at["127.0.0.1"].port
        dns.has("127.0.0.1")
        dns.process.send_signal(signal.SIGSTOP)
        try:
            conf = following(dns, f"http://{NAME}:{port}", "addresses", **sections)
            with Node(folder, conf) as node, node.dial() as wire:
                wire.say("/")
                until(lambda: node.metric("cairn_fetches_total") == 1)
                yield node, conf, wire, lambda: dns.process.send_signal(signal.SIGCONT)
        finally:
            dns.process.send_signal(signal.SIGCONT)


def test_requests_wait_for_the_first_answer(tmp_path):
    with before_the_first_answer(tmp_path) as (node, _, wire, go_on):
        assert members(node) == set()
        go_on()
        answer = wire.response()
        assert (answer.status, answer.body) == (200, b"127.0.0.1")


def test_a_reload_while_requests_wait_for_the_first_answer(tmp_path):
    with before_the_first_answer(tmp_path, timeouts={"connect": "20s"}) as (node, conf, wire, go_on):
        assert node.reload(conf).status == 200
        go_on()
        answer = wire.response()
        assert (answer.status, answer.body) == (200, b"127.0.0.1")


def test_members_lent_by_a_configuration_that_goes(tmp_path):
    """Of the one that was in force when the wait was over a request knows the members still, names and all."""
    gate = threading.Event()

    def cuts(_wire, _request):
        assert gate.wait(LIMIT_S)
        return False

    def tell(wire, _request):
        respond(wire, "page", "Cache-Control: no-store")

    with Origin(cuts) as bad, Origin(tell) as good, NameServer(tmp_path) as dns:
        dns.process.send_signal(signal.SIGSTOP)
        try:
            first = [{"url": f"http://{NAME}", "follow": "addresses"}]
            second = [{"url": bad.url, "name": "bad-3"}, {"url": good.url, "name": "good"}]
            before, after = (settings(upstreams={"site": {"members": members, "choice": "carp"}},
                                      routes=[{"upstream": "site"}], node={"name_servers": [dns.address]},
                                      timeouts={"connect": "20s"}) for members in (first, second))
            with Node(tmp_path, before) as node, node.dial() as wire:
                wire.say("/")
                until(lambda: node.metric("cairn_fetches_total") == 1)
                assert node.reload(after).status == 200
                until(lambda: bad.requests) # which its name makes the first
                assert [node.reload(before).status for _ in range(3)] == 3 * [200]
                gate.set()
                answer = wire.response()
                assert (answer.status, answer.body) == (200, b"page")
        finally:
            dns.process.send_signal(signal.SIGCONT)


def test_nobody_is_known_and_none_comes(tmp_path):
    with NameServer(tmp_path) as dns, places("127.0.0.1") as at:
        place, = at.values()
        with Node(tmp_path, following(dns, f"http://{NAME}:{place.port}", "addresses")) as node:
            answer = node.ask("/")
            assert answer.status == 503
            assert answer["Proxy-Status"] == "edge-1; error=destination_unavailable"
            dns.has("127.0.0.1")
            until(lambda: node.ask("/").status == 200)


def test_the_hosts_file_and_addresses(tmp_path):
    known = pathlib.Path("/etc/hosts").read_text()
    if not re.search(r"^127\.0\.0\.1\s.*\blocalhost\b", known, re.M):
        pytest.skip("/etc/hosts has no localhost")
    with places("127.0.0.1") as at, NameServer(tmp_path) as dns:
        place, = at.values()
        dns.has("127.0.0.9", name="localhost")
        with Node(tmp_path, following(dns, f"http://localhost:{place.port}", "addresses")) as node:
            until(lambda: f"127.0.0.1:{place.port}" in members(node))
            assert f"127.0.0.9:{place.port}" not in members(node)
            answer = node.reload(following(dns, place.url, "addresses"))
            assert b"an address stands for itself alone" in answer.body
            assert members(node) == {f"127.0.0.1:{place.port}"}
            assert node.ask("/").status == 200
