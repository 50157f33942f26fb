"""Being asked by ICP and HTCP: what is promised, what is refused, what is cleared; and Squid as the one who asks."""
import pytest
from neighbours_rig import CLR, DENIED, ERR, HIT, MISS, MON, NOP, TST, TST_HIT, TST_MISS, Port, answers_at, asked, htcp, icp, specifier
from rig import Node, Origin, respond, settings, until
from squid_rig import Squid, asks, asks_site

ANY = {"icp": "0.0.0.0:0", "htcp": "0.0.0.0:0"}
HOST = "http://a.example"
SQUIDS = "127.1.0.0/16"  # each has an address of its own, and asks from there


def site(wire, request):
    """The first word of the path says what kind of page it is."""
    kind = request.target.split("/")[1]
    fields = {"brief": ["Cache-Control: max-age=20"], "vary": ["Cache-Control: max-age=1000", "Vary: X-Variant"],
              "never": ["Cache-Control: no-store"], "ask": ["Cache-Control: max-age=1000, no-cache", 'ETag: "1"']}
    respond(wire, f"body of {request.target}", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
            *fields.get(kind, ["Cache-Control: max-age=1000"]))


@pytest.fixture(scope="module")
def origin():
    with Origin(site) as made:
        yield made


@pytest.fixture(scope="module")
def node(origin, tmp_path_factory):
    conf = settings(origin.url, neighbours={**ANY, "clear": ["127.0.0.9", SQUIDS], "allow": ["127.0.0.0/24", SQUIDS]},
                    trail={"tiers": ["127.0.0.0/8"]})
    with Node(tmp_path_factory.mktemp("asked"), conf) as made:
        yield made


def test_icp_promises_what_is_fresh_for_a_while(node):
    for target in ("/page", "/brief/1", "/never/1", "/ask/1"):
        node.ask(target)
    with Port(answers_at(node, "ICP")) as port:
        assert port.icp(HOST + "/page", number=0xfedcba98) == HIT
        assert port.icp("http://A.EXAMPLE:80/page") == HIT
        assert port.icp(HOST + "/brief/1") == MISS
        assert port.icp(HOST + "/never/1") == MISS
        assert port.icp(HOST + "/ask/1") == MISS
        assert port.icp(HOST + "/unknown") == MISS
        assert port.icp("http://other.example/page") == MISS
        assert port.icp("no URL") == ERR
        assert port.icp("/page") == ERR
    # To promise is not to serve: this is the first hit.
    assert node.ask("/page")["X-Cache-Hits"] == "1"


def test_it_answers_from_the_address_asked(node):
    node.ask("/from")
    for address in ("127.0.0.1", "127.0.0.42"):
        with Port(answers_at(node, "ICP"), address) as port:
            assert port.icp(HOST + "/from") == HIT
        with Port(answers_at(node, "HTCP"), address) as port:
            assert port.htcp(TST, *specifier(HOST + "/from"))[0] == TST_HIT


def test_others_are_denied(node):
    before = asked(node, "icp", "denied")
    with Port(answers_at(node, "ICP"), source="127.0.1.1") as port:
        assert port.icp(HOST + "/page") == DENIED
    with Port(answers_at(node, "HTCP"), source="127.0.1.1") as port:
        assert port.htcp(TST, *specifier(HOST + "/page")) == (5, True, b"")
    assert asked(node, "icp", "denied") == before + 1
    assert asked(node, "htcp", "denied") >= 1


def test_what_is_malformed_is_counted(node):
    counts = {(p, a): asked(node, p, a) for p in ("icp", "htcp") for a in ("malformed", "ignored")}
    with Port(answers_at(node, "ICP")) as port:
        for bad in (b"", b"\1\2", icp(1, 7, HOST, version=3), icp(1, 7, HOST)[:-1], b"\xff" * 16385):
            port.say(bad)
        port.say(icp(HIT, 7, HOST + "/page"))  # an answer to nobody
        assert port.icp(HOST + "/page") in (HIT, MISS)
    with Port(answers_at(node, "HTCP")) as port:
        for bad in (b"x", htcp(TST, 7, "GET"), htcp(TST, 7, *specifier("no URL")), htcp(TST, 7, *specifier(HOST + "/", "no field\r\n"))):
            port.say(bad)
        port.say(htcp(TST, 7, "", "", "", flags=1))
        assert port.htcp(NOP) == (0, False, b"")
        assert port.htcp(MON) == (2, True, b"")
    for (protocol, answer), before in counts.items():
        wanted = {("icp", "malformed"): 5, ("htcp", "malformed"): 4}.get((protocol, answer), 1)
        until(lambda p=protocol, a=answer, n=before + wanted: asked(node, p, a) == n)


def test_htcp_knows_the_fields(node):
    node.ask("/vary/1", "X-Variant: one")
    with Port(answers_at(node, "HTCP")) as port:
        answer = port.htcp(TST, *specifier(HOST + "/vary/1", "X-Variant: one\r\n"))
        assert answer[:2] == (TST_HIT, False)
        assert b"Age: " in answer[2] and b"Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n" in answer[2]
        assert port.htcp(TST, *specifier(HOST + "/vary/1", "X-Variant: two\r\n")) == (TST_MISS, False, b"\0" * 6)
        assert port.htcp(TST, *specifier(HOST + "/vary/1")) == (TST_MISS, False, b"\0" * 6)
        # What the request itself demands counts, too.
        fields = "X-Variant: one\r\nCache-Control: no-cache\r\n"
        assert port.htcp(TST, *specifier(HOST + "/vary/1", fields))[0] == TST_MISS
        assert port.htcp(TST, *specifier(HOST + "/vary/1", "X-Variant: one\r\n", method="POST"))[0] == TST_MISS
        assert port.htcp(TST, *specifier(HOST + "/vary/1", "X-Variant: one\r\n", method="HEAD"))[0] == TST_HIT
        # Squid answers none that does not say that it wants one.
        port.say(htcp(TST, 1, *specifier(HOST + "/vary/1"), flags=0))
        assert port.htcp(NOP, number=2) == (0, False, b"")


def test_htcp_clears(node):
    node.ask("/clear")
    with Port(answers_at(node, "HTCP"), source="127.0.0.8") as port:
        assert port.htcp(CLR, *specifier(HOST + "/clear"), reason=0) == (5, True, b"")
    assert node.ask("/clear")["X-Cache"] == "HIT from edge-1"
    with Port(answers_at(node, "HTCP"), source="127.0.0.9") as port:
        assert port.htcp(CLR, *specifier(HOST + "/clear", method="PURGE"), reason=1) == (0, False, b"")
        assert port.htcp(CLR, *specifier(HOST + "/clear"), reason=0) == (2, False, b"")
    answer = node.ask("/clear")
    assert answer["X-Cache"] == "MISS from edge-1"
    assert "detail=purged" in answer["Cache-Status"]


def test_ports_that_are_taken(origin, tmp_path):
    with Node(tmp_path, settings(origin.url, neighbours=ANY)) as node:
        taken = answers_at(node, "ICP")
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(AssertionError, match=rf"neighbours.icp: 0.0.0.0:{taken}: Address already in use"):
            Node(other, settings(origin.url, neighbours={"icp": f"0.0.0.0:{taken}"}))


# ---- Squid asks ----

@pytest.fixture(scope="module", params=["ICP", "HTCP"])
def child(request, node, origin):
    """A Squid that asks the node before it goes to its parent."""
    options = ["htcp"] if request.param == "HTCP" else []
    sibling = asks("sibling", node.port, *options, icp=answers_at(node, request.param))
    made = Squid(request.param, sibling, asks_site(origin.port), "icp_query_timeout 5000", icp=True, htcp=True)
    with made:
        made.sees_up(2)
        yield made


def test_squid_finds_what_we_hold(node, child):
    target = f"/found-by-{child.name}"
    node.ask(target)
    answer = child.ask(target)
    assert answer.body == f"body of {target}".encode()
    assert child.row(target).hierarchy == "SIBLING_HIT"
    assert answer.all("X-Cache")[0] == "HIT from edge-1"


def test_squid_goes_elsewhere_where_we_have_nothing(node, child):
    target = f"/missed-by-{child.name}"
    before = asked(node, child.name.lower(), "miss")
    assert child.ask(target).body == f"body of {target}".encode()
    assert child.row(target).hierarchy == "FIRSTUP_PARENT"
    assert asked(node, child.name.lower(), "miss") == before + 1


def test_squid_gets_over_a_promise_that_is_not_kept(node, child):
    """Neither ICP nor Squid's HTCP says which variant is wanted."""
    target = f"/vary/{child.name}"
    node.ask(target)
    answer = child.ask(target, "X-Variant: other")
    assert answer.body == f"body of {target}".encode()
    assert answer["X-Cache"] == f"MISS from {child.name}"
    assert asked(node, child.name.lower(), "hit") >= 1
    assert node.metric("cairn_requests_total", reason="only-if-cached") >= 1


def test_squid_clears_what_it_purges(node, child):
    target = f"/purged-by-{child.name}"
    node.ask(target)
    assert child.ask(target).status == 200
    before = asked(node, "htcp", "cleared")
    assert child.purge(target) == 200
    if child.name == "HTCP":
        until(lambda: asked(node, "htcp", "cleared") > before)
        assert "detail=purged" in node.ask(target)["Cache-Status"]
    else:
        assert node.ask(target)["X-Cache"] == "HIT from edge-1"
