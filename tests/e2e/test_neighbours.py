"""Asking neighbours by ICP and HTCP before a fetch: Squid, another Cairn, and neighbours made by hand that lie, deny, or say
nothing. All of it within the loopback network; how long is waited is set, so that nothing depends on speed.
"""
import contextlib
import email.utils
import json
import struct

import pytest
from neighbours_rig import DENIED, ERR, HIT, MISS, TST, TST_HIT, TST_MISS, Fake, answers_at, asked, htcp, htcp_read, icp, icp_read
from rig import Node, Origin, respond, settings, until
from squid_rig import HTCP, ICP, Squid, asks_site

PROTOCOLS = ("icp", "htcp")
both = pytest.mark.parametrize("protocol", PROTOCOLS)


def site(wire, request):
    """To Squid a response without a Date is stale."""
    fields = ["Vary: X-Variant"] if request.target.startswith("/vary") else []
    respond(wire, f"body of {request.target}", "Cache-Control: max-age=1000", f"Date: {email.utils.formatdate(usegmt=True)}", *fields)


@pytest.fixture(scope="module")
def origin():
    with Origin(site) as made:
        yield made


def conf_with(origin, *members, wait="10s", **more):
    """A node that asks these siblings, then the site. A line of its log for each request."""
    upstreams = {"beside": {"kind": "sibling", "digest": "off", "members": list(members)}, "site": {"members": [origin.url]}}
    return settings(origin.url, **{"upstreams": upstreams, "routes": [{"upstream": "site", "siblings": "beside"}], "node": {"workers": 1},
                                   "neighbours": {"wait": wait, **more.pop("neighbours", {})}, "trail": {"names": "plain"}, **more})


class Logged(Node):
    """One whose log is kept in a file."""

    def __init__(self, tmp, conf, form="json"):
        self.log = tmp / "log"
        conf = json.loads(conf)
        conf["logs"] = [{"file": str(self.log), "format": form}]
        super().__init__(tmp, json.dumps(conf))

    def row(self, target):
        """The log's only line about it."""
        def find():
            lines = self.log.read_text().split("\n")[:-1] if self.log.exists() else []
            return [line for line in lines if target in line]
        line = until(find)[0]
        return json.loads(line) if line.startswith("{") else line


@contextlib.contextmanager
def folders(tmp_path, *names):
    for name in names:
        (tmp_path / name).mkdir()
    yield [tmp_path / name for name in names]


# ---- a real Squid ----

@pytest.fixture(scope="module")
def squid(origin):
    with Squid("sibling", asks_site(origin.port), "icp_hit_stale off", icp=True, htcp=True) as made:
        yield made


def port_of(protocol):
    return {"icp": ICP, "htcp": HTCP}[protocol]


@pytest.fixture(scope="module", params=PROTOCOLS)
def asker(request, squid, origin, tmp_path_factory):
    member = {"url": squid.url, request.param: port_of(request.param), "clear": request.param == "htcp"}
    if not member["clear"]:
        del member["clear"]
    with Logged(tmp_path_factory.mktemp(request.param), conf_with(origin, member)) as node:
        node.protocol = request.param
        yield node


def test_what_squid_holds_is_had_from_it(asker, squid, origin):
    target = f"/found/{asker.protocol}"
    squid.ask(target)
    before = len(origin.requests)
    answer = asker.ask(target)
    assert (answer.status, answer.body) == (200, f"body of {target}".encode())
    assert len(origin.requests) == before
    assert answer["X-Cache"] == "HIT from sibling, MISS from edge-1"
    assert answer["X-Cache-Miss-From"] == "edge-1"
    until(lambda: {"TCP_HIT", "TCP_MEM_HIT"} & {row.tag for row in squid.rows(target)})
    row = asker.row(target)
    assert (row["upstream"], row["told_by"], row["fwd_status"]) == ("beside", asker.protocol, 200)
    assert asker.metric("cairn_neighbour_replies_total", answer="hit") >= 1
    assert asker.metric("cairn_neighbour_promises_total", kept="yes", told_by=asker.protocol) >= 1
    # From now on it is here.
    assert asker.ask(target)["X-Cache"] == "HIT from sibling, HIT from edge-1"


def test_what_squid_lacks_is_had_from_the_site(asker, squid):
    target = f"/missed/{asker.protocol}"
    answer = asker.ask(target)
    assert (answer.status, answer["X-Cache"]) == (200, "MISS from edge-1")
    assert asker.row(target)["upstream"] == "site"
    assert "told_by" not in asker.row(target)
    assert squid.rows(target) == [] or all(row.method.startswith(("ICP", "HTCP")) for row in squid.rows(target))


def test_a_promise_of_squid_that_is_not_kept(asker, squid, origin):
    """It promises any variant where it has one."""
    target = f"/vary/{asker.protocol}"
    squid.ask(target, "X-Variant: one")
    before = len(origin.requests)
    answer = asker.ask(target, "X-Variant: two")
    assert (answer.status, answer.body, answer["X-Cache"]) == (200, f"body of {target}".encode(), "MISS from edge-1")
    assert answer["X-Cache-Miss-From"] == "edge-1"
    assert answer["Cache-Status"] == "edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=1000; detail=never-seen"
    assert len(origin.requests) == before + 1
    assert asker.metric("cairn_neighbour_promises_total", kept="no", told_by=asker.protocol) >= 1
    assert asker.row(target)["upstream"] == "site"


def test_reloads_and_the_like_ask_nobody(asker):
    before = asker.metric("cairn_neighbour_queries_total")
    for fields in (["Cache-Control: no-cache"], ["Pragma: no-cache"], ["Cache-Control: no-store"], ["Authorization: Basic eDp5"],
                   ["Cache-Control: max-age=0"]):
        assert asker.ask(f"/unasked/{asker.protocol}", *fields).status == 200
        asker.ask(f"/unasked/{asker.protocol}", method="PURGE")
    assert asker.ask(f"/unasked/{asker.protocol}", method="POST", body=b"x").status == 200
    assert asker.ask(f"/unasked/{asker.protocol}", method="HEAD").status == 200
    assert asker.metric("cairn_neighbour_queries_total") == before


def test_a_squid_as_parent_that_has_it_is_preferred(squid, origin, tmp_path):
    """Of two parents the one that has it is asked, whosever turn it is."""
    with Squid("other", asks_site(origin.port), icp=True) as other:
        members = [{"url": squid.url, "icp": ICP}, {"url": other.url, "icp": ICP}]
        conf = settings(None, node={"workers": 1}, upstreams={"up": {"kind": "parent", "members": members}}, routes=[{"upstream": "up"}],
                        neighbours={"wait": "10s"}, trail={"names": "plain"})
        with Logged(tmp_path, conf, "squid") as node:
            for i in range(3):
                other.ask(f"/parent/{i}")
                assert node.ask(f"/parent/{i}")["X-Cache"] == "HIT from other, MISS from edge-1"
                assert f" PARENT_HIT/{other.address} " in node.row(f"/parent/{i}")
            assert node.ask("/parent/none").status == 200
            assert " CARP/" in node.row("/parent/none")


# ---- clearing ----

def holds(cache, target):
    """Without asking anybody in turn."""
    return cache.ask(target, "Cache-Control: only-if-cached").status == 200


@pytest.mark.parametrize("how", ["PURGE", "order", "POST"])
def test_squid_is_told_what_to_forget(how, squid, origin, tmp_path):
    member_ = {"url": squid.url, "htcp": HTCP, "clear": True}
    with Node(tmp_path, conf_with(origin, member_)) as node:
        target = f"/cleared/{how}"
        squid.ask(target)
        node.ask(target)
        assert holds(squid, target) and holds(node, target)
        if how == "order":
            assert node.order(f"/v1/purge?url=http://a.example{target}", "POST").status == 200
        else:
            assert node.ask(target, method=how, body=b"" if how == "POST" else None).status == 200
        until(lambda: not holds(squid, target))
        assert not holds(node, target)
        assert node.metric("cairn_neighbour_clears_sent_total") == 1


def test_orders_to_clear_do_not_go_round(origin, tmp_path):
    """Two nodes that tell each other."""
    with contextlib.ExitStack() as stack:
        one, two = stack.enter_context(folders(tmp_path, "one", "two"))
        with Fake(lambda *_: None) as nobody:
            conf = {"neighbours": {"htcp": "127.0.0.1:0", "clear": ["127.0.0.1"]}}
            first = stack.enter_context(Node(one, conf_with(origin, {"url": origin.url, "htcp": nobody.port, "clear": True}, **conf)))
        second = stack.enter_context(Node(two, conf_with(origin, {"url": origin.url, "htcp": answers_at(first, "HTCP"), "clear": True}, **conf)))
        back = {"url": origin.url, "htcp": answers_at(second, "HTCP"), "clear": True}
        assert first.reload(conf_with(origin, back, **conf)).status == 200
        for node in (first, second):
            node.ask("/round")
        until(lambda: first.ask("/round", method="PURGE").status == 200 and asked(second, "htcp", "cleared") == 1)
        assert not holds(second, "/round")
        assert second.metric("cairn_neighbour_clears_sent_total") == 0
        assert asked(first, "htcp", "cleared") + asked(first, "htcp", "not found") == 0


# ---- two nodes ----

def pair(tmp_path, origin, stack, **sibling):
    """A node that answers, and one that asks it by HTCP."""
    one, two = stack.enter_context(folders(tmp_path, "one", "two"))
    neighbours = {"icp": "127.0.0.1:0", "htcp": "127.0.0.1:0", "clear": ["127.0.0.1"]}
    held = stack.enter_context(Node(one, settings(origin.url, node={"name": "held"}, neighbours=neighbours, trail={"names": "plain"})))
    member = {"url": f"http://127.0.0.1:{held.port}", **sibling}
    for protocol in PROTOCOLS:
        if member.get(protocol) is True:
            member[protocol] = answers_at(held, protocol.upper())
    return held, stack.enter_context(Logged(two, conf_with(origin, member)))


@both
def test_nodes_ask_each_other(protocol, origin, tmp_path):
    with contextlib.ExitStack() as stack:
        held, asks = pair(tmp_path, origin, stack, **{protocol: True})
        held.ask("/pair")
        before = len(origin.requests)
        answer = asks.ask("/pair")
        assert answer["Cache-Status"].startswith("held; hit; ttl=")
        assert answer["X-Cache"] == "HIT from held, MISS from edge-1"
        assert answer["X-Cache-Miss-From"] == "edge-1"
        assert len(origin.requests) == before
        assert asked(held, protocol, "hit") == 1
        # It was asked for what it holds alone, and by nobody in turn.
        assert asks.ask("/pair/not").status == 200
        assert held.metric("cairn_fetches_total") == 1


def test_htcp_tells_the_variant(origin, tmp_path):
    with contextlib.ExitStack() as stack:
        held, asks = pair(tmp_path, origin, stack, htcp=True)
        held.ask("/vary/htcp", "X-Variant: one")
        assert asks.ask("/vary/htcp", "X-Variant: two")["X-Cache"] == "MISS from edge-1"
        assert asked(held, "htcp", "miss") == 1
        assert asks.ask("/vary/htcp", "X-Variant: one")["X-Cache"] == "HIT from held, MISS from edge-1"


# ---- neighbours that misbehave ----

def says(opcode):
    """An ICP neighbour that always answers so."""
    def answer(fake, data, source):
        _, number, url = icp_read(data)
        fake.send(icp(opcode, number, url), source)
    return answer


def nothing_held(wire, request):
    """A sibling that keeps no promise, as Squid and Cairn say it."""
    assert "only-if-cached" in request["Cache-Control"]
    assert request.target.startswith("http://a.example/")
    respond(wire, "not here", "X-Cache: MISS from liar", status=504)


def member(http, fake, protocol="icp"):
    return {"url": http.url, protocol: fake.port}


@pytest.mark.parametrize("how", ["504", "404", "403", "no answer", "closed", "malformed"])
def test_a_liar_costs_a_round_trip(how, origin, tmp_path):
    def lies(wire, request):
        if how.isdigit():
            return respond(wire, "made up", status=int(how))
        if how == "malformed":
            wire.send("HTTP/1.1 what\r\n\r\n")
        if how == "no answer":
            wire.ended()
        return False
    with Origin(lies) as liar, Fake(says(HIT)) as fake:
        with Logged(tmp_path, conf_with(origin, member(liar, fake), timeouts={"connect": "300ms"})) as node:
            answer = node.ask("/lie")
            assert (answer.status, answer.body, answer["X-Cache"]) == (200, b"body of /lie", "MISS from edge-1")
            assert node.row("/lie")["upstream"] == "site"
            assert node.metric("cairn_neighbour_promises_total", kept="no", told_by="icp") == 1
            assert node.metric("cairn_neighbour_standing_percent") == 75
            assert len(liar.requests) == 1


@pytest.mark.parametrize("keeps", [False, True])
def test_what_a_sibling_says_before_its_answer_stays_here(keeps, origin, tmp_path):
    """For nobody knows yet whether that will be taken. What the site says goes on."""
    def hints(of, then):
        def answer(wire, request):
            wire.send(f"HTTP/1.1 103 Early Hints\r\nLink: </{of}>\r\n\r\n")
            then(wire, request)
        return answer
    with Origin(hints("sibling", site if keeps else nothing_held)) as sibling, Origin(hints("site", site)) as there, \
            Fake(says(HIT)) as fake, Node(tmp_path, conf_with(there, member(sibling, fake))) as node, node.dial() as wire:
        wire.say("/hints")
        heads = [wire.head()]
        while heads[-1].status < 200:
            heads.append(wire.head())
        assert [(head.status, head["Link"]) for head in heads[:-1]] == ([] if keeps else [(103, "</site>")])
        assert (heads[-1].status, wire.body_of(heads[-1])[:7]) == (200, b"body of")
        assert (len(sibling.requests), len(there.requests)) == (1, 0 if keeps else 1)


def test_a_sibling_that_cannot_be_reached(origin, tmp_path):
    with Fake(says(HIT)) as fake:
        gone = {"url": f"http://127.0.0.1:{fake.port}", "icp": fake.port}  # nobody listens there by TCP
        with Logged(tmp_path, conf_with(origin, gone)) as node:
            assert node.ask("/gone").status == 200
            assert node.row("/gone")["upstream"] == "site"


def test_a_liar_is_not_asked_any_more(origin, tmp_path):
    with Origin(nothing_held) as liar, Fake(says(HIT)) as fake:
        with Node(tmp_path, conf_with(origin, member(liar, fake))) as node:
            for i in range(12):
                assert node.ask(f"/liar/{i}").status == 200
            assert len(liar.requests) == 5
            assert len(fake.heard) == 5
            assert node.metric("cairn_neighbour_standing_percent") < 30


def test_one_that_denies_is_not_asked_any_more(origin, tmp_path):
    with Origin(nothing_held) as sibling, Fake(says(DENIED)) as fake:
        with Node(tmp_path, conf_with(origin, member(sibling, fake))) as node:
            for i in range(30):
                assert node.ask(f"/denied/{i}").status == 200
            # It is knocked at once more, without waiting.
            assert 20 <= len(fake.heard) <= 21
            assert len(node.text().split("denies all questions")) == 2
            assert node.metric("cairn_neighbour_replies_total", answer="denied") >= 20


def test_errors_and_misses_are_no_promise(origin, tmp_path):
    with Origin(nothing_held) as sibling, Fake(says(ERR)) as one, Fake(says(MISS)) as two:
        with Node(tmp_path, conf_with(origin, member(sibling, one), member(sibling, two))) as node:
            assert node.ask("/error").status == 200
            assert node.metric("cairn_neighbour_replies_total", answer="error") == 1
            assert node.metric("cairn_neighbour_replies_total", answer="miss") == 1
            assert not sibling.requests


def test_a_dead_one_is_waited_for_a_few_times_only(origin, tmp_path):
    def nothing(_fake, _data, _source):
        pass
    with Origin(nothing_held) as sibling, Fake(nothing) as fake:
        with Logged(tmp_path, conf_with(origin, member(sibling, fake), wait="20ms"), "squid") as node:
            for i in range(14):
                assert node.ask(f"/dead/{i}").status == 200
            assert node.metric("cairn_neighbour_replies_total", answer="timeout") == 10
            assert " TIMEOUT_HIER_DIRECT/127.0.0.1 " in node.row("/dead/0")
            assert " HIER_DIRECT/127.0.0.1 " in node.row("/dead/13")
            # Any reply revives it: the one to the knock, however late it comes.
            assert len(fake.heard) == 11
            fake.answer = says(MISS)
            knock = icp_read(fake.heard[-1])
            until(lambda: node.metric("cairn_neighbour_replies_total", answer="late") == 0)
            fake.send(icp(MISS, knock[1], knock[2]), fake.source)
            until(lambda: node.metric("cairn_neighbour_replies_total", answer="late") == 1)
            assert node.ask("/dead/alive").status == 200
            assert len(fake.heard) == 12


def test_what_is_made_up_is_ignored(origin, tmp_path):
    """A wrong number, a right one from elsewhere, a second answer, garbage: none of them is a hit."""
    with Origin(nothing_held) as sibling, Fake(lambda *_: None) as other:
        def answer(fake, data, source):
            _, number, url = icp_read(data)
            fake.send(icp(HIT, number ^ 1, url), source)
            fake.send(b"garbage", source)
            fake.send(icp(1, number, url), source)
            other.send(icp(HIT, number, url), source)
            fake.send(htcp(TST, number, "", "", "", flags=1), source)
            fake.send(icp(MISS, number, url), source)
            fake.send(icp(HIT, number, url), source)
        with Fake(answer) as fake, Node(tmp_path, conf_with(origin, member(sibling, fake))) as node:
            assert node.ask("/made-up").status == 200
            assert not sibling.requests
            until(lambda: node.metric("cairn_neighbour_replies_unasked_total") == 2)
            assert node.metric("cairn_neighbour_replies_foreign_total") == 2
            assert node.metric("cairn_neighbour_replies_malformed_total") == 2
            numbers = [icp_read(data)[1] for data in fake.heard]
            assert node.ask("/made-up/2").status == 200
            numbers += [icp_read(data)[1] for data in fake.heard[1:]]
            assert abs(numbers[1] - numbers[0]) > 1  # nothing to be guessed from one to the next


def test_the_first_hit_wins(origin, tmp_path):
    """The others are not waited for: one of them never answers."""
    def holds(wire, request):
        respond(wire, f"held {request.target}", "Cache-Control: max-age=1000", "Age: 7")
    with Origin(holds) as sibling, Fake(lambda *_: None) as silent, Fake(says(HIT)) as quick:
        members = [{"url": origin.url, "icp": silent.port}, member(sibling, quick)]
        with Node(tmp_path, conf_with(origin, *members, wait="60s")) as node:
            answer = node.ask("/first")
            assert answer.body == b"held http://a.example/first"
            assert int(answer["Age"]) >= 7


def test_an_htcp_neighbour_made_by_hand(origin, tmp_path):
    """What it is asked, byte for byte where that matters; and the RFC's form of a miss."""
    def holds(wire, request):
        respond(wire, "held", "Cache-Control: max-age=1000")

    def answer(fake, data, source):
        opcode, response, flags, number, what = htcp_read(data)
        assert (opcode, response, flags) == (TST, 0, 2)
        hit = b"/hit" in what
        assert what.startswith(b"\0\3GET")
        assert b"\0\x031/1" in what and b"Accept-Language: sv\r\n" in what and b"Cookie" not in what
        body = struct.pack(">HHH", 0, 0, 0) if hit else b"\0\0"
        head = struct.pack(">HBBI", 8 + len(body), TST << 4 | (TST_HIT if hit else TST_MISS), 1, number)
        fake.send(struct.pack(">HBB", 6 + len(head) - 8 + 8 + len(body), 0, 1) + head + body + b"\0\2", source)
    with Origin(holds) as sibling, Fake(answer) as fake:
        with Node(tmp_path, conf_with(origin, member(sibling, fake, "htcp"))) as node:
            assert node.ask("/hit", "Accept-Language: sv", "Cookie: a=b").body == b"held"
            assert node.ask("/other", "Accept-Language: sv", "Cookie: a=b").body == b"body of /other"
            assert node.metric("cairn_neighbour_replies_total", answer="miss") == 1


def test_a_sibling_is_not_named_for_an_origin_without_an_address(origin, tmp_path):
    """A promise is broken, and then the site's name leads nowhere: nobody was asked at an address of the site's."""
    def lies(fake, data, source):
        _, number, url = icp_read(data)
        fake.send(icp(HIT, number, url), source)

    def breaks(wire, request):
        respond(wire, "nothing", status=504)
    with Origin(breaks) as sibling, Fake(lies) as fake:
        conf = json.loads(conf_with(origin, member(sibling, fake)))
        conf["upstreams"]["site"]["members"] = ["http://nowhere.invalid"]
        conf["timeouts"] = {"connect": "1s"}
        with Logged(tmp_path, json.dumps(conf), form="squid") as node:
            assert "error=dns_" in node.ask("/none")["Proxy-Status"]
            assert node.row("/none").split()[8] == "HIER_NONE/-"
            assert len(sibling.requests) == 1


def test_followers_share_what_was_found(origin, tmp_path):
    """One asks for all who want it at the same time."""
    waiting = []

    def answer(fake, data, source):
        waiting.append((fake, icp_read(data), source))

    def holds(wire, request):
        respond(wire, "held", "Cache-Control: max-age=1000", "Age: 1")
    with Origin(holds) as sibling, Fake(answer) as fake, Node(tmp_path, conf_with(origin, member(sibling, fake), wait="60s")) as node:
        with contextlib.ExitStack() as stack:
            wires = [stack.enter_context(node.dial()) for _ in range(4)]
            for wire in wires:
                wire.say("/shared")
            until(lambda: waiting and node.metric("cairn_flights") == 1)
            fake_, (_, number, url), source = waiting[0]
            fake_.send(icp(HIT, number, url), source)
            assert [wire.response().body for wire in wires] == [b"held"] * 4
        assert len(fake.heard) == len(sibling.requests) == 1
