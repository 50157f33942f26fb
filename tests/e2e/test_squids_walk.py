"""The three moments of docs/trail.md with a Squid in one place and Cairn in the other, both ways round; and what `cairn
explain` makes of the headers, saved as curl -i saves them.

    moment        two Cairns         Cairn before Squid    Squid before Cairn
    first visit   HIT, MISS          HIT, MISS             HIT, MISS
                  HIT, MISS          HIT, MISS             HIT, MISS
    reload        MISS, MISS         MISS, MISS            MISS, MISS
                  HIT, HIT           MISS, HIT             HIT, MISS         Squid makes no lookup, and calls it MISS
    F5            MISS, MISS         HIT, MISS             MISS, HIT         Squid calls a confirmed copy HIT
                  HIT, HIT           HIT, HIT              HIT, HIT
    again         MISS, HIT          HIT, HIT              MISS, HIT         the shield's word is history, and F5 was last
                  HIT, HIT           HIT, HIT              HIT, HIT
"""
import re
import subprocess

import pytest
from rig import CAIRN, Node, settings
from rows_rig import Site
from squid_rig import Squid, asks_parent, asks_site

SHIELD, EDGE = "proxy.domain.tld", "proxy.local"
NOTHING, RELOAD, F5 = (), ("Cache-Control: no-cache",), ("Cache-Control: max-age=0", 'If-None-Match: "1"')
MAY_BE_CONFIRMED = "it does not say whether it had its copy confirmed first"
NOT_LOOKED = "The request says no-cache, for which Squid asks upstream without looking what it has."
HIT_TOO = "Squid says so too where it asked upstream first and was told that it still holds."


@pytest.fixture(scope="module")
def site():
    made = Site()
    with made.origin:
        yield made


@pytest.fixture
def cairn_before_squid(site, tmp_path):
    with Squid(SHIELD, asks_site(site.port)) as shield:
        conf = settings(node={"name": EDGE}, upstreams={"up": {"kind": "parent", "members": [shield.url]}}, routes=[{"upstream": "up"}],
                        trail={"names": "plain"})
        with Node(tmp_path, conf) as edge:
            yield edge, shield


@pytest.fixture
def squid_before_cairn(site, tmp_path):
    conf = settings(site.origin.url, node={"name": SHIELD}, trail={"names": "plain"})
    with Node(tmp_path, conf) as shield, Squid(EDGE, asks_parent(shield.port)) as edge:
        edge.sees_up()
        yield edge, shield


def explained(answer):
    """What is told of a response, in one line; its way from the client to the origin, without drawing."""
    text = "\r\n".join([answer.line, *answer.lines, "", ""])
    done = subprocess.run([CAIRN, "explain", "-"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"\s+", " ", re.sub(r"^ *[|:] ", " ", done.stdout, flags=re.M))


def says(answer, x_cache, lookup, miss_from):
    """The words, the shield's first; and what X-Cache-Miss-From has."""
    assert re.findall(r"(\w+) from", answer["X-Cache"]) == x_cache, answer.lines
    assert re.findall(r"(\w+) from", answer["X-Cache-Lookup"]) == lookup, answer.lines
    assert re.findall(r"from ([\w.]+)", answer["X-Cache"]) == [SHIELD, EDGE]
    assert answer["X-Cache-Miss-From"] == miss_from


def test_cairn_before_squid(cairn_before_squid):
    edge, shield = cairn_before_squid
    shield.ask("/page")

    answer = edge.ask("/page")
    says(answer, ["HIT", "MISS"], ["HIT", "MISS"], EDGE)
    told = explained(answer)
    assert f"Answered by the second tier (Squid {SHIELD}), since the edge (Cairn {EDGE}) did not have it" in told
    assert f"X-Cache-Miss-From names {EDGE}: it reached back furthest, to a tier that answered with its copy." in told

    answer = edge.ask("/page", *RELOAD)
    says(answer, ["MISS", "MISS"], ["MISS", "HIT"], SHIELD)
    told = explained(answer)
    assert "Answered by the origin: none of the 2 caches on the way answered." in told
    assert f"o MISS Cairn {EDGE} The client asked to reload." in told
    assert f"o MISS Squid {SHIELD} {NOT_LOOKED}" in told
    assert f"X-Cache-Miss-From names {SHIELD}: it reached back furthest." in told

    answer = edge.ask("/page", *F5)
    says(answer, ["HIT", "MISS"], ["HIT", "HIT"], EDGE)
    assert (answer.status, shield.row("/page", 4).tag) == (304, "TCP_REFRESH_UNMODIFIED")  # Squid did ask the origin
    told = explained(answer)
    assert f"Answered by the second tier (Squid {SHIELD}); {MAY_BE_CONFIRMED}." in told
    assert f"* HIT Squid {SHIELD} It answered with what it had stored; {HIT_TOO}" in told
    assert f"o MISS Cairn {EDGE} The stored copy is older than the client accepts." in told
    assert "the origin, not asked, or asked to confirm it" in told

    answer = edge.ask("/page")
    says(answer, ["HIT", "HIT"], ["HIT", "HIT"], None)
    told = explained(answer)
    assert f"Answered by the edge (Cairn {EDGE}); the origin was not asked." in told
    assert f"* HIT Squid {SHIELD} (when the copy was made)" in told
    assert "is history" in told


def test_squid_before_cairn(squid_before_cairn):
    edge, shield = squid_before_cairn
    shield.ask("/page")

    answer = edge.ask("/page")
    # Squid writes no X-Cache-Miss-From, and Cairn none on a hit: nobody names who reached back to the shield.
    says(answer, ["HIT", "MISS"], ["HIT", "MISS"], None)
    told = explained(answer)
    assert f"Answered by the second tier (Cairn {SHIELD}), since the edge (Squid {EDGE}) did not have it; the origin was not asked." in told

    answer = edge.ask("/page", *RELOAD)
    says(answer, ["MISS", "MISS"], ["HIT", "MISS"], SHIELD)
    told = explained(answer)
    assert f"o MISS Squid {EDGE} {NOT_LOOKED}" in told
    assert f"o MISS Cairn {SHIELD} The client asked to reload." in told

    answer = edge.ask("/page", *F5)
    says(answer, ["MISS", "HIT"], ["HIT", "HIT"], SHIELD)
    told = explained(answer)
    assert f"Answered by the edge (Squid {EDGE}); {MAY_BE_CONFIRMED}." in told
    assert f"o MISS Cairn {SHIELD} (when the copy was made or confirmed) The stored copy is older than the client accepts." in told
    assert "If that was not this time, it is history." in told

    again = edge.ask("/page")
    # Nobody was asked, and Squid sends what it said before once more: no reader can tell the two apart.
    says(again, ["MISS", "HIT"], ["HIT", "HIT"], SHIELD)
    assert re.sub(r"Age: \d", "", str(again.lines)) == re.sub(r"Age: \d", "", str(answer.lines))
    assert f"X-Cache-Miss-From names {SHIELD}, but a copy was used: these are words of the time when it was made or last confirmed." in told
