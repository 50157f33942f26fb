"""Connections that were going elsewhere: a client, a router with the node on it, and origins behind, in networks of their own."""
import contextlib
import pathlib
import re
import subprocess

import pytest
from namespaces import Way, connected, listening, why_not
from rig import CAIRN, ROOT, Node, Origin, Wire, respond, settings, until

WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

FRESH = "Cache-Control: max-age=1000"
LARGE = 300_000 # times over: more than a socket takes
NAMES = {"site.test": Way.SITE, "twice.test": [*Way.SITE, *Way.OTHER], "other.test": Way.OTHER}

DOCS = ROOT / "docs/interception.md"


def divert(router, how):
    """As the page for those who do it says, for port 80; and for port 81 as well."""
    (commands,) = [block for block in re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.S) if f"{how}.nft" in block]
    router.run("sh", "-ec", f"cd {ROOT}\n{commands}")
    rules = (ROOT / f"examples/transparent/{how}.nft").read_text()
    router.rules(rules.replace("table inet cairn", "table inet more").replace("dport 80", "dport 81"))


class Place:
    """Who stands where: an origin at each of the site's addresses, the node on the router."""

    def __init__(self, tmp, stack, how, **more):
        self.way = stack.enter_context(Way(NAMES))
        divert(self.way.router, how)
        self.origins = {}
        for address in (*Way.SITE, *Way.OTHER):
            for port in (80, 81):
                sock = listening(self.way.site, address, port)
                self.origins[address, port] = stack.enter_context(Origin(self.answer(address), sock))
        self.how, self.more = how, more
        self.node = stack.enter_context(Node(tmp, self.conf(), before=self.way.router.before))
        stack.enter_context(self.way.router) # where the node's admin port is

    def conf(self, **listener):
        listener = {"address": ":3129", "mode": "intercept", "divert": self.how, **self.more.get("listener", {}), **listener}
        sections = {name: section for name, section in self.more.items() if name != "listener"}
        return settings(listeners=[listener], trail={"trusted": ["10.77.1.0/24", "fd77:1::/64"]}, **sections)

    @staticmethod
    def answer(address):
        def answer(wire, request):
            wire.peer = wire.sock.getpeername()[0]
            body = f"{request['Host']}{request.target} from {address}"
            respond(wire, body * LARGE if request.target.endswith("/large") else body, FRESH, f"Seen: {wire.peer}")
        return answer

    def asked(self, address, port=80):
        return self.origins[address, port].requests

    def dial(self, address, port=80):
        return Wire(connected(self.way.client, address, port))

    def ask(self, address, target="/", *fields, port=80, **more):
        with self.dial(address, port) as wire:
            return wire.ask(target, *fields, **more)


@pytest.fixture(name="place", params=["redirect", "tproxy"])
def a_place(request, tmp_path):
    with contextlib.ExitStack() as stack:
        yield Place(tmp_path, stack, request.param)


def served(answer):
    return answer["X-Cache"].split()[0]


def test_host_that_is_there_is_stored_and_found(place):
    first, again = place.ask(Way.SITE[0], "/page", host="site.test"), place.ask(Way.SITE[0], "/page", host="Site.TEST")
    assert (served(first), served(again)) == ("MISS", "HIT")
    assert first["X-Cache-Lookup"].endswith(":3129")
    six = place.ask(Way.SITE[1], "/page", host="site.test:80") # one page, by whichever of its addresses
    assert served(six) == "HIT" and six.body == again.body == b"site.test/page from 10.77.2.2"
    other = place.ask(Way.SITE[1], "/other", host="site.test")
    assert served(other) == "MISS" and other.body == b"site.test/other from fd77:2::2"
    assert [request.target for request in place.asked(Way.SITE[0])] == ["/page"]


@pytest.mark.parametrize("six", [False, True])
def test_lying_host_gets_what_it_asked_for_and_nobody_else_does(place, six):
    site, other = Way.SITE[six], Way.OTHER[six]
    lie = place.ask(other, "/page", host="site.test")
    assert lie.body.decode() == f"site.test/page from {other}"
    assert lie["Cache-Status"].endswith("; fwd=bypass; fwd-status=200; detail=host-mismatch")
    assert lie["X-Cache-Lookup"].startswith("NONE")
    assert place.asked(other)[-1]["Host"] == "site.test" # untouched
    truth = place.ask(site, "/page", host="site.test")
    assert served(truth) == "MISS" and truth.body.decode().endswith(site)
    # Nor is it told what others were, nor may it change that.
    assert place.ask(other, "/page", host="site.test").body == lie.body
    assert place.ask(other, "/page", host="site.test", method="POST", body="x").status == 200
    assert place.ask(other, "/page", host="site.test", method="HEAD").status == 200
    assert served(place.ask(site, "/page", host="site.test")) == "HIT"
    until(lambda: place.node.metric("cairn_requests_total", served="miss", reason="host-mismatch") == 3)
    # The port is part of where it was sent to.
    assert "host-mismatch" in place.ask(site, "/page", host="site.test", port=81)["Cache-Status"]
    assert "host-mismatch" in place.ask(site, "/page", host="site.test:81")["Cache-Status"]
    assert served(place.ask(site, "/page", host="site.test:81", port=81)) == "MISS"
    assert served(place.ask(site, "/page", host="site.test:81", port=81)) == "HIT"


def test_each_request_of_a_connection_is_checked(place):
    with place.dial(Way.SITE[0]) as wire:
        assert served(wire.ask("/", host="site.test")) == "MISS"
        assert "host-mismatch" in wire.ask("/", host="other.test")["Cache-Status"]
        assert served(wire.ask("/", host="site.test")) == "HIT"


def test_log_says_where_it_went(tmp_path):
    log = tmp_path / "access.log"
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "redirect", logs=[{"file": str(log), "format": "squid"}])
        for host, address in (("site.test", Way.SITE[0]), ("site.test", Way.OTHER[0])):
            place.ask(address, "/", host=host)
        lines = until(lambda: log.read_text().count("\n") == 2 and log.read_text().splitlines())
    assert all(f" {Way.CLIENT[0]} " in line for line in lines)
    assert {line.split()[8] for line in lines} == {f"ORIGINAL_DST/{address}" for address in (Way.SITE[0], Way.OTHER[0])}


def test_no_name_server_knows_the_host(place):
    for _ in range(2):
        answer = place.ask(Way.SITE[0], "/", host="nowhere.test")
        assert answer.body == b"nowhere.test/ from 10.77.2.2"
        assert answer["Cache-Status"].endswith("; fwd=bypass; fwd-status=200; detail=host-unresolved")


def test_no_host_at_all(place):
    def ask(address):
        with place.dial(address) as wire:
            wire.send("GET /old HTTP/1.0\r\n\r\n")
            return wire.response()
    for address, name in zip(Way.SITE, ("10.77.2.2:80", "[fd77:2::2]:80")):
        first, again = ask(address), ask(address)
        assert first.body.decode() == f"{name}/old from {address}"
        assert (served(first), served(again)) == ("MISS", "HIT")


def test_absolute_form(place):
    first = place.ask(Way.SITE[0], "http://site.test/page", host="other.test")
    assert first.body == b"site.test/page from 10.77.2.2" # RFC 9112 3.2.2: the target's host counts
    assert served(place.ask(Way.SITE[0], "/page", host="site.test")) == "HIT"
    assert "host-mismatch" in place.ask(Way.OTHER[0], "http://site.test/page", host="site.test")["Cache-Status"]
    assert place.ask(Way.SITE[0], "https://site.test/page", host="site.test").status == 400
    assert place.ask(Way.SITE[0], "site.test:443", method="CONNECT", host="site.test:443").status == 403


def test_connection_to_the_node_itself_is_a_loop(place):
    for address in Way.ROUTER:
        answer = place.ask(address, "/", host="site.test", port=3129)
        assert answer.status == 508
        assert answer["Proxy-Status"].endswith("; error=proxy_loop_detected")
    assert not any(origin.requests for origin in place.origins.values())


def test_refused_where_the_setting_says_so(tmp_path):
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "redirect", listener={"unverified": "refuse"})
        assert served(place.ask(Way.SITE[0], "/", host="site.test")) == "MISS"
        for address, host in ((Way.OTHER[0], "site.test"), (Way.SITE[0], "nowhere.test")):
            answer = place.ask(address, "/", host=host)
            assert answer.status == 403
            assert answer["Proxy-Status"].endswith("; error=http_request_denied")
        assert not place.asked(Way.OTHER[0])


def test_route_takes_what_passes(tmp_path):
    """A group is asked about hosts that are there; the rest goes where it was sent to. Hits of either way of answering."""
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "redirect", upstreams={"up": {"kind": "parent", "members": ["http://10.77.2.3:81"]}},
                      routes=[{"host": host, "upstream": "up"} for host in ("twice.test", "site.test", "other.test")])
        with place.dial(Way.OTHER[0]) as wire: # what is stored for a host is for those who are there, each request anew
            assert served(place.ask(Way.SITE[0], "/page", host="site.test")) == "MISS"
            assert served(place.ask(Way.SITE[0], "/page", host="site.test")) == "HIT"
            assert [served(wire.ask("/page", host="other.test")) for _ in range(3)] == ["MISS", "HIT", "HIT"]
            lie = wire.ask("/page", host="site.test")
            assert lie.body == b"site.test/page from 10.77.2.3" and "host-mismatch" in lie["Cache-Status"]
            assert served(wire.ask("/page", host="other.test")) == "HIT"
        for fields in ((), ("Cache-Control: max-stale=0",)): # in one breath, and by steps
            for i, address in enumerate((*Way.SITE, *Way.OTHER)):
                answer = place.ask(address, "/", *fields, host="twice.test")
                assert answer.body == b"twice.testhttp://twice.test/ from 10.77.2.3" # as a parent is asked
                assert served(answer) == ("HIT" if i or fields else "MISS")
        assert [request.target for request in place.asked(Way.OTHER[0], 81)][-1] == "http://twice.test/"
        assert len(place.asked(Way.OTHER[0], 81)) == 3
        assert place.ask(Way.ROUTER[0], "/", port=81, host="twice.test").status == 502 # nobody is there


def test_hit_is_more_than_the_socket_takes(tmp_path):
    """It begins in one breath, and goes on by steps, which are others for what was diverted."""
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "redirect", upstreams={"up": {"kind": "parent", "members": ["http://10.77.2.3:81"]}},
                      routes=[{"host": "other.test", "upstream": "up"}])
        answers = [place.ask(Way.OTHER[0], "/large", host="other.test") for _ in range(3)]
        assert [served(answer) for answer in answers] == ["MISS", "HIT", "HIT"]
        body = b"other.testhttp://other.test/large from 10.77.2.3" * LARGE
        assert all(answer.body == body for answer in answers)


# ---- the client's address, and what the process may ----

OWN = ("10.77.2.1", "fd77:2::1") # the router's, towards the site


def capabilities(node):
    """What the node's main thread may, as the bits of capabilities(7)."""
    status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    bits = {name: int(value, 16) for name, value in re.findall(r"Cap(Prm|Eff|Inh|Amb):\s+(\S+)", status)}
    assert bits["Prm"] == bits["Eff"] and not bits["Inh"] and not bits["Amb"]
    return {bit for bit in range(64) if bits["Eff"] >> bit & 1}


@pytest.mark.parametrize("user", ["", "nobody"])
def test_client_address_is_kept_towards_the_origin(tmp_path, user):
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "tproxy", node={"user": user}, listener={"keep_client": True},
                      upstreams={"up": {"members": ["http://10.77.2.3:81"]}}, routes=[{"host": "other.test", "upstream": "up"}])
        for i in (0, 1):
            with place.dial(Way.SITE[i]) as wire:
                assert wire.ask("/", "Cache-Control: no-cache", host="site.test")["Seen"] == Way.CLIENT[i]
                assert wire.ask("/post", method="POST", body="x" * 100_000, host="site.test")["Seen"] == Way.CLIENT[i]
            assert place.ask(Way.OTHER[i], "/", host="site.test")["Seen"] == Way.CLIENT[i] # a lying Host, too
            assert served(place.ask(Way.SITE[i], "/", host="site.test")) == "HIT"
            assert place.ask(Way.OTHER[i], f"/{i}", host="other.test")["Seen"] == OWN[0] # not a group's
        if user:
            assert capabilities(place.node) == {10, 13} # CAP_NET_BIND_SERVICE, CAP_NET_RAW
            return
        assert place.node.reload(place.conf(keep_client=False)).status == 200
        assert place.ask(Way.SITE[0], "/other", host="site.test")["Seen"] == OWN[0]


def test_what_is_no_longer_roots_may_bind_ports_and_no_more(tmp_path):
    with contextlib.ExitStack() as stack:
        place = Place(tmp_path, stack, "redirect", node={"user": "nobody"})
        assert capabilities(place.node) == {10}
        assert place.ask(Way.SITE[0], "/", host="site.test")["Seen"] == OWN[0]


def test_tproxy_without_leave_says_what_is_missing(tmp_path):
    (tmp_path / "c.yaml").write_text(settings(listeners=[{"address": "127.0.0.1:0", "mode": "intercept", "divert": "tproxy"}]))
    done = subprocess.run(["setpriv", "--bounding-set=-net_raw,-net_admin", CAIRN, "serve", "-c", tmp_path / "c.yaml"],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 2
    assert "listeners[0].address: 127.0.0.1:0: Operation not permitted; divert: tproxy needs CAP_NET_RAW" in done.stderr
