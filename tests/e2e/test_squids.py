"""Squid 5.7 in a row with Cairn, in every place of two and of three tiers: bodies, and what each tier says of them.

What a tier says is written as "X-Cache X-Cache-Lookup". `each` gives it for all tiers of a row, by who they are; `first`
puts the tier next to the client on what those behind it said earlier.
"""
import re
import socket
import time
import types

import pytest
from rig import Node, ask, settings, until
from rows_rig import BRIEF, BRIEF_IS_OVER_S, Site, body_of, rows_before
from squid_rig import Squid, asks_parent, asks_site

ROWS = ("CS", "SC", "CCS", "CSC", "CSS", "SCC", "SCS", "SSC")
every_row = pytest.mark.parametrize("row", ROWS)

COLD = {"C": "MISS MISS", "S": "MISS MISS"}
# Squid >= 3.5.23 does not look anything up for a reload, and calls that a miss.
RELOADED = {"C": "MISS HIT", "S": "MISS MISS"}
# To Squid, what was confirmed upstream is a hit.
CONFIRMED = {"C": "MISS HIT", "S": "HIT HIT"}
CHANGED = {"C": "MISS HIT", "S": "MISS HIT"}
FAILED = CONFIRMED
HIT = "HIT HIT"
RELOAD = "Cache-Control: no-cache"


@pytest.fixture(scope="module")
def site():
    made = Site()
    with made.origin:
        yield made


@pytest.fixture(scope="module")
def world(site, tmp_path_factory):
    """The rows, and when what was fresh for a second is so no more."""
    with rows_before(site, ROWS, tmp_path_factory.mktemp("rows")) as made:
        for row in ROWS:
            for kind in BRIEF:
                get(made, row, f"/{kind}/{row}")
        made["over"] = time.monotonic() + BRIEF_IS_OVER_S
        yield made


def get(world, row, target, *fields, **more):
    """As a client of the row's first tier."""
    return world[row].ask(target, *fields, **more)


# ---- what tiers say ----

def tiers(row):
    """The rows that begin at each tier, the origin's side first."""
    return [row[i:] for i in reversed(range(len(row)))]


def each(row, words):
    return [words[tier[0]] for tier in tiers(row)]


def first(word, history):
    return [*history[:-1], word]


def says(world, row, answer, words):
    """Both fields hold the words of each tier, the origin's side first; the own ones of the first tier alone, if `words` has
    no more."""
    names = tiers(row)[-len(words):]
    x_cache = [f"{word.split()[0]} from {name.lower()}" for name, word in zip(names, words)]
    lookup = [f"{word.split()[1]} from {name.lower()}:{world[name].port}" for name, word in zip(names, words)]
    assert (answer["X-Cache"], answer["X-Cache-Lookup"]) == (", ".join(x_cache), ", ".join(lookup)), answer.lines


def statuses(answer):
    """Name, and detail or "hit", of each member of Cache-Status."""
    members = [member.split("; ") for member in (answer["Cache-Status"] or "").split(", ") if member]
    details = [{word.split("=")[0]: word for word in member} for member in members]
    return [(member[0], detail.get("detail", "hit").split("=")[-1]) for member, detail in zip(members, details)]


def cairns(row, detail, of_first=None):
    """What Cache-Status has of a row: Squid 5 writes none."""
    found = [(tier.lower(), detail) for tier in tiers(row) if tier[0] == "C"]
    return [*found[:-1], (row.lower(), of_first)] if of_first and row[0] == "C" else found


def origins_side(row):
    return row[-1].lower()


# ---- one story for each row ----

@every_row
def test_three_moments(world, row):
    """A first visit, a reload, and another visit; and a condition that what is stored answers."""
    target = f"/fresh/moments-{row}"
    answer = get(world, row, target)
    cold, reloaded = each(row, COLD), each(row, RELOADED)
    says(world, row, answer, cold)
    assert (answer.body, answer["X-Cache-Miss-From"]) == (body_of(target), origins_side(row))
    assert statuses(answer) == cairns(row, "never-seen")

    answer = get(world, row, target)
    says(world, row, answer, first(HIT, cold))
    assert statuses(answer) == cairns(row, "never-seen", "hit")

    answer = get(world, row, target, RELOAD)
    says(world, row, answer, reloaded)
    assert (answer.body, answer["X-Cache-Miss-From"]) == (body_of(target), origins_side(row))
    assert statuses(answer) == cairns(row, "reload")

    answer = get(world, row, target)
    says(world, row, answer, first(HIT, reloaded))
    assert answer.body == body_of(target)
    assert statuses(answer) == cairns(row, "reload", "hit")

    answer = get(world, row, target, 'If-None-Match: "1"')
    assert answer.status == 304
    # Of a 304 of its own, Squid brings along nothing that the tiers behind it said.
    says(world, row, answer, first(HIT, reloaded) if row[0] == "C" else [HIT])


@pytest.mark.parametrize(("row", "warm"), [(row, row[i:]) for row in ROWS for i in range(1, len(row))])
def test_a_tier_behind_has_it(site, world, row, warm):
    """Who reached back furthest stands right before the one that had it. Squid names nobody; what it replays does not count."""
    target = f"/fresh/warm-{row}-{warm}"
    get(world, warm, target)
    answer = get(world, row, target)
    says(world, row, answer, [*each(warm, COLD)[:-1], HIT, *each(row, COLD)[len(warm):]])
    if "C" in row[:-len(warm)]:
        assert answer["X-Cache-Miss-From"] == row[-len(warm) - 1:].lower()
    assert (answer.body, site.seen[target]) == (body_of(target), 1)


@every_row
def test_replayed_lines_of_cairn_have_their_age(world, row):
    """Squid replays what it stored as if it were new; Cairn says how old it is."""
    target = f"/fresh/age-{row}"
    get(world, row, target)
    members = get(world, row, target)["Cache-Status"].split(", ")
    assert all("cairn-age" not in member for member in members[:-1])
    assert ("cairn-age=" in members[-1]) == (row[0] == "C")


@every_row
def test_stale_and_confirmed(world, row):
    until(lambda: time.monotonic() > world["over"])
    answer = get(world, row, f"/brief/{row}")
    says(world, row, answer, each(row, CONFIRMED))
    assert answer.body == body_of(f"/brief/{row}")
    assert statuses(answer) == cairns(row, "expired")


@every_row
def test_stale_and_changed(world, row):
    until(lambda: time.monotonic() > world["over"])
    answer = get(world, row, f"/changing/{row}")
    says(world, row, answer, each(row, CHANGED))
    assert answer.body == f"body 2 of /changing/{row}".encode()


@every_row
def test_stale_and_the_site_fails(world, row):
    """The Squid nearest the site serves what it has, with a Warning, and calls that a hit. Cairns nearer still pass the 503
    on, and nothing of that reaches the reader: what stands there is what they said when it was fetched."""
    until(lambda: time.monotonic() > world["over"])
    lowest = row.rindex("S")
    words = [COLD["C"] if len(tier) < len(row) - lowest else FAILED[tier[0]] for tier in tiers(row)]
    if row.startswith("SS"):
        words[-1] = CHANGED["S"]  # the Squid behind it sends the whole of a stale response, no 304
    if row.startswith("CSS"):
        words[1] = CHANGED["S"]
    answer = get(world, row, f"/failing/{row}")
    says(world, row, answer, words)
    assert (answer.status, answer.body) == (200, body_of(f"/failing/{row}"))
    assert int(answer["Age"]) >= 2
    assert ("111 " in (answer["Warning"] or "")) == (row != "SCS")  # a 304 brings no Warning


@pytest.mark.parametrize("row", ["CSS", "SSC"])
def test_squid_behind_squid_confirms_no_tag_alone(world, row):
    """Asked with If-None-Match and no If-Modified-Since, Squid confirms its stale copy upstream and then sends the whole."""
    until(lambda: time.monotonic() > world["over"])
    says(world, row, get(world, row, f"/tagged/{row}"), [(CHANGED if tier.startswith("SS") else CONFIRMED)[tier[0]] for tier in tiers(row)])


# ---- what requests ask for ----

@every_row
def test_question_marks(world, row):
    """With Debian's patterns Squid adds max-age=0 to requests for such URLs, so its parents are not to use what they have."""
    target = f"/fresh/{row}?question"
    get(world, row[1:], target)
    answer = get(world, row, target)
    cold = each(row, COLD)
    if row[0] == "S":
        says(world, row, answer, first("MISS MISS", each(row, CONFIRMED)))
        assert statuses(answer) == cairns(row, "max-age")
    else:
        says(world, row, answer, [*cold[:-2], HIT, "MISS MISS"])
        assert statuses(answer)[-1] == (row.lower(), "never-seen")


@every_row
def test_client_accepts_nothing_old(world, row):
    target = f"/fresh/age-0-{row}"
    get(world, row, target)
    answer = get(world, row, target, "Cache-Control: max-age=0")
    says(world, row, answer, each(row, CONFIRMED))
    assert statuses(answer) == cairns(row, "max-age")


@every_row
def test_only_if_cached(site, world, row):
    """Nobody behind the first tier is asked."""
    target = f"/fresh/only-{row}"
    get(world, row[1:], target)
    answer = get(world, row, target, "Cache-Control: only-if-cached")
    assert (answer.status, site.seen[target]) == (504, 1)
    says(world, row, answer, ["MISS MISS"])
    get(world, row, target)
    answer = get(world, row, target, "Cache-Control: only-if-cached")
    assert (answer.status, answer.body, site.seen[target]) == (200, body_of(target), 1)


@every_row
def test_purge(world, row):
    """It reaches the first tier alone: the next one still has it."""
    target = f"/fresh/purged-{row}"
    get(world, row, target)
    assert get(world, row, target, method="PURGE").status == 200
    answer = get(world, row, target)
    says(world, row, answer, [*each(row, COLD)[:-2], HIT, "MISS MISS"])
    if row[0] == "C":
        assert (statuses(answer)[-1], answer["X-Cache-Miss-From"]) == ((row.lower(), "purged"), row.lower())


@every_row
def test_post(world, row):
    """It goes to the site, and what was stored of the URL is forgotten on its way."""
    target = f"/fresh/posted-{row}"
    get(world, row, target)
    answer = get(world, row, target, method="POST", body="to be kept")
    says(world, row, answer, each(row, {"C": "MISS NONE", "S": "MISS MISS"}))
    assert (answer.status, answer.body) == (201, b"got to be kept")
    assert statuses(answer) == cairns(row, "method")
    answer = get(world, row, target)
    says(world, row, answer, each(row, COLD))
    assert statuses(answer) == cairns(row, "invalidated")


@every_row
def test_head(world, row):
    target = f"/fresh/head-{row}"
    answer = get(world, row, target, method="HEAD")
    says(world, row, answer, each(row, COLD))
    assert int(answer["Content-Length"]) == len(body_of(target))
    get(world, row, target)
    answer = get(world, row, target, method="HEAD")
    assert answer["X-Cache"].endswith(f"HIT from {row.lower()}")
    assert int(answer["Content-Length"]) == len(body_of(target))


@every_row
def test_ranges(world, row):
    """Of nothing stored; then of the whole, which a Cairn puts together with the part that it has."""
    target = f"/fresh/ranges-{row}"
    whole = body_of(target)
    answer = get(world, row, target, "Range: bytes=2-5")
    assert (answer.status, answer.body, answer["Content-Range"]) == (206, whole[2:6], f"bytes 2-5/{len(whole)}")
    says(world, row, answer, each(row, COLD))
    assert get(world, row, target).body == whole
    answer = get(world, row, target, "Range: bytes=7-")
    assert (answer.status, answer.body) == (206, whole[7:])
    assert answer["X-Cache"].endswith(f"HIT from {row.lower()}")


@every_row
def test_variants(world, row):
    target = f"/vary/{row}"
    for variant in ("a", "b"):
        answer = get(world, row, target, f"X-Variant: {variant}")
        assert answer.body == body_of(target, variant)
        says(world, row, answer, each(row, COLD))
    assert statuses(answer) == cairns(row, "variant")
    answer = get(world, row, target, "X-Variant: a")
    assert (answer.body, answer["X-Cache"].split(", ")[-1]) == (body_of(target, "a"), f"HIT from {row.lower()}")


@every_row
def test_large(world, row):
    target = f"/large/{row}"
    for _ in range(2):
        answer = get(world, row, target)
        assert answer.body == body_of(target)
    assert answer["X-Cache"].endswith(f"HIT from {row.lower()}")


@every_row
def test_chunked(site, world, row):
    target = f"/chunked/{row}"
    for _ in range(2):
        assert get(world, row, target).body == body_of(target)
    assert site.seen[target] == 1


@every_row
def test_large_post(world, row):
    body = body_of(f"/large/post-{row}")
    answer = get(world, row, f"/fresh/large-post-{row}", method="POST", body=body)
    assert (answer.status, answer.body == b"got " + body) == (201, True)


@every_row
def test_not_stored(world, row):
    target = f"/no-store/{row}"
    for _ in range(2):
        answer = get(world, row, target)
        says(world, row, answer, each(row, COLD))
        assert answer.body == body_of(target)
    assert statuses(answer) == cairns(row, "uncacheable")


# ---- what goes wrong ----

@every_row
def test_cut(world, row):
    """The cut is seen, and nobody stores what came before it."""
    for _ in range(2):
        with world[row].dial() as wire:
            wire.say(f"http://a.example/cut/{row}")
            head = wire.head()
            says(world, row, head, each(row, COLD))
            assert wire.to_end() == b"half"


@pytest.fixture(scope="module")
def before_nothing(tmp_path_factory):
    """Rows before a port where nobody listens. It is kept, so that nobody will."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with rows_before(types.SimpleNamespace(port=nobody.getsockname()[1]), ("CSC", "SCS"), tmp_path_factory.mktemp("dead")) as made:
            yield made


@pytest.mark.parametrize("row", ["CS", "SC", "CSC", "SCS"])
def test_no_site(before_nothing, row):
    """The tier nearest the site says why, and all others pass it on, and ask again next time."""
    for _ in range(2):
        answer = get(before_nothing, row, "/fresh/none")
        says(before_nothing, row, answer, each(row, COLD))
        assert answer.status in (502, 503)
        assert answer["X-Cache-Miss-From"] == origins_side(row)
        if row[-1] == "C":
            assert answer["Proxy-Status"] == "c; error=connection_refused"
        else:
            assert answer["X-Squid-Error"]


def test_loop(tmp_path):
    """Cairn, Squid, and the same Cairn again; and from Squid's side. Each knows itself by what the other left of its Via."""
    loop = Squid("loop")
    with Node(tmp_path, settings(loop.url, node={"name": "edge"}, upstreams={"site": {"kind": "parent", "members": [loop.url]}},
                                 trail={"names": "plain"})) as edge:
        loop.lines.append(asks_parent(edge.port))
        with loop:
            loop.sees_up()
            answer = edge.ask("/from-cairn")
            assert (answer.status, answer["Proxy-Status"]) == (508, "edge; error=proxy_loop_detected")
            assert answer["X-Cache"] == "MISS from edge, MISS from loop, MISS from edge"
            assert answer["X-Cache-Lookup"] == f"NONE from edge:{edge.port}, MISS from loop:3128, MISS from edge:{edge.port}"
            assert loop.row("/from-cairn").status == "508"
            answer = loop.ask("/from-squid")
            assert (answer.status, answer["X-Squid-Error"]) == (403, "ERR_ACCESS_DENIED 0")
            assert answer["X-Cache"] == "MISS from loop, MISS from edge, MISS from loop"


# ---- what each passes on ----

def test_via_is_left_as_it_is(site, world):
    get(world, "CSC", "/fresh/via")
    asked = [request for request in site.origin.requests if request.target == "/fresh/via"]
    assert re.fullmatch(r"1\.1 csc \(cairn [0-9a-f]{16}\), 1\.1 sc \(squid/5\.7\), 1\.1 c \(cairn [0-9a-f]{16}\)", asked[0]["Via"])
    assert get(world, "CSC", "/fresh/via-2")["Via"] == "1.1 c (cairn), 1.1 sc (squid/5.7), 1.1 csc (cairn)"


def test_an_origin_is_not_believed(site, world, tmp_path):
    """The same Squid as an origin: what it says of caches is dropped, from its hits too."""
    with Node(tmp_path, settings(world["S"].url, trail={"names": "plain"})) as node:
        for target in ("/fresh/origin", "/fresh/origin-2"):
            get(world, "S", target)
            answer = node.ask(target)
            assert (answer["X-Cache"], answer["X-Cache-Lookup"]) == ("MISS from edge-1", f"MISS from edge-1:{node.port}")
            assert answer["X-Cache-Miss-From"] == "edge-1"
        assert site.seen["/fresh/origin"] == 1


def test_squid_takes_cairn_for_the_site_itself(world):
    """As an accelerator: it asks for paths alone, and gets the same fields."""
    with Squid("front", asks_site(world["C"].port), port_options="accel vhost") as front:
        front.sees_up()
        for word in ("MISS", "HIT"):
            answer = ask(front.port, "/fresh/accelerated", host="a.example", address=front.address)
            assert (answer.body, answer["X-Cache"]) == (body_of("/fresh/accelerated"), f"MISS from c, {word} from front")
        assert answer["Via"] == "1.1 c (cairn), 1.1 front (squid/5.7)"


def test_cairn_as_forward_proxy_before_squid(world, tmp_path):
    conf = settings(node={"name": "office"}, listeners=[{"address": "127.0.0.1:0", "mode": "forward"}], routes=[{"upstream": "up"}],
                    upstreams={"up": {"kind": "parent", "members": [world["S"].url]}}, trail={"names": "plain"})
    with Node(tmp_path, conf) as node:
        for word in ("MISS", "HIT"):
            answer = node.ask("http://a.example/fresh/forward")
            assert (answer.body, answer["X-Cache"]) == (body_of("/fresh/forward"), f"MISS from s, {word} from office")


def test_what_a_304_of_squids_own_brings(world):
    """It names nobody behind Squid; so Cairn replaces what was said of them before by nothing."""
    target = "/fresh/own-304"
    get(world, "CSC", target)
    world["CSC"].order(f"/v1/purge?url=http://a.example{target}&soft=1", "POST")
    answer = get(world, "CSC", target)
    assert answer["X-Cache"] == "HIT from sc, MISS from csc"
    assert statuses(answer) == [("csc", "purged")]
