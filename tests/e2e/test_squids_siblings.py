"""Siblings within a larger hierarchy: a Cairn and a Squid that ask each other by ICP or HTCP, each below a parent of the other
make, and a gate before the site.

                 site
                  |
                gate              Cairn
               /    \\
         shield-s   shield-c      Squid, Cairn
            |           |
         edge-c ~~~~ edge-s       Cairn, Squid: siblings
"""
import contextlib
import types

import pytest
from neighbours_rig import answers_at
from rig import Node, settings, until
from rows_rig import Site, body_of
from squid_rig import HTCP, ICP, Squid, asks, asks_parent


def cairn(folder, name, upstream, routes=None, **sections):
    folder = folder / name
    folder.mkdir()
    upstreams = {"up": upstream, **sections.pop("upstreams", {})}
    return Node(folder, settings(node={"name": name, "workers": 1}, upstreams=upstreams, routes=routes or [{"upstream": "up"}],
                                 trail={"names": "plain"}, **sections))


@pytest.fixture(scope="module", params=["icp", "htcp"])
def world(request, tmp_path_factory):
    folder, site, protocol = tmp_path_factory.mktemp("siblings"), Site(), request.param
    with contextlib.ExitStack() as stack:
        stack.enter_context(site.origin)
        gate = stack.enter_context(cairn(folder, "gate", {"members": [site.origin.url]}))
        up = {"kind": "parent", "members": [f"http://127.0.0.1:{gate.port}"]}
        shield_c = stack.enter_context(cairn(folder, "shield-c", up))
        shield_s = stack.enter_context(Squid("shield-s", asks_parent(gate.port)))
        edge_s = Squid("edge-s", asks_parent(shield_c.port), icp=True, htcp=True)
        beside = {"kind": "sibling", "members": [{"url": edge_s.url, "icp": ICP} if protocol == "icp" else
                                                 {"url": edge_s.url, "htcp": HTCP, "clear": True}]}
        edge_c = stack.enter_context(cairn(folder, "edge-c", {"kind": "parent", "members": [shield_s.url]},
                                           [{"upstream": "up", "siblings": "beside"}], upstreams={"beside": beside},
                                           neighbours={"wait": "10s", "clear": ["127.0.0.0/8"], protocol: "127.0.0.1:0"}))
        port = answers_at(edge_c, protocol.upper())
        edge_s.lines += [asks("sibling", edge_c.port, *(["htcp"] if protocol == "htcp" else []), icp=port), "icp_query_timeout 10000"]
        stack.enter_context(edge_s)
        shield_s.sees_up()
        edge_s.sees_up(2)
        yield types.SimpleNamespace(site=site, gate=gate, shield_c=shield_c, shield_s=shield_s, edge_c=edge_c, edge_s=edge_s,
                                    protocol=protocol, asked={"icp": "ICP_QUERY", "htcp": "HTCP_TST"}[protocol])


def says(answer, *words):
    """ "HIT from a", ... from the origin's side on; and who is asked for what, by X-Cache-Lookup the same."""
    assert answer["X-Cache"] == ", ".join(words), answer.lines
    assert [item.split(":")[0] for item in answer["X-Cache-Lookup"].split(", ")] == list(words), answer.lines


def test_cairn_has_it_from_squid_beside_it(world):
    target = "/fresh/squid-has-it"
    world.edge_s.ask(target)
    answer = world.edge_c.ask(target)
    says(answer, "MISS from gate", "MISS from shield-c", "HIT from edge-s", "MISS from edge-c")
    assert (answer.body, answer["X-Cache-Miss-From"]) == (body_of(target), "edge-c")
    world.edge_s.row(target, 3)
    told = world.edge_s.rows(target)
    assert sorted((row.method, row.tag) for row in told) == sorted([("GET", "TCP_MISS"), (world.asked, "UDP_HIT"), ("GET", "TCP_MEM_HIT")])
    assert (world.shield_s.rows(target), world.site.seen[target]) == ([], 1)
    # It is here from now on; what the others said is history.
    answer = world.edge_c.ask(target)
    says(answer, "MISS from gate", "MISS from shield-c", "HIT from edge-s", "HIT from edge-c")
    assert answer["X-Cache-Miss-From"] is None


def test_squid_has_it_from_cairn_beside_it(world):
    target = "/fresh/cairn-has-it"
    world.edge_c.ask(target)
    answer = world.edge_s.ask(target)
    says(answer, "MISS from gate", "MISS from shield-s", "HIT from edge-c", "MISS from edge-s")
    assert answer.body == body_of(target)
    row = world.edge_s.row(target, 2)
    assert (row.tag, row.hierarchy, row.peer) == ("TCP_MISS", "SIBLING_HIT", "127.0.0.1")
    assert world.site.seen[target] == 1


def test_neither_has_it(world):
    """Each asks the other, and then its parent."""
    answer = world.edge_c.ask("/fresh/neither-1")
    says(answer, "MISS from gate", "MISS from shield-s", "MISS from edge-c")
    assert answer["X-Cache-Miss-From"] == "gate"
    assert world.edge_s.row("/fresh/neither-1").tag == "UDP_MISS"
    answer = world.edge_s.ask("/fresh/neither-2")
    says(answer, "MISS from gate", "MISS from shield-c", "MISS from edge-s")
    assert world.edge_s.row("/fresh/neither-2").hierarchy == "FIRSTUP_PARENT"


def test_squid_promises_what_it_has_not(world):
    """By ICP it says HIT for any variant where it has one, and by HTCP too. Its 504 is not what the reader sees."""
    world.edge_s.ask("/vary/squid", "X-Variant: a")
    answer = world.edge_c.ask("/vary/squid", "X-Variant: b")
    says(answer, "MISS from gate", "MISS from shield-s", "MISS from edge-c")
    assert answer.body == body_of("/vary/squid", "b")
    world.edge_s.row("/vary/squid", 3)
    assert "504" in {row.status for row in world.edge_s.rows("/vary/squid")}


def test_cairn_promises_what_it_has_not(world):
    """Neither protocol, as Squid speaks it, tells the fields that choose a variant. Squid goes on to its parent."""
    world.edge_c.ask("/vary/cairn", "X-Variant: a")
    answer = world.edge_s.ask("/vary/cairn", "X-Variant: b")
    says(answer, "MISS from gate", "MISS from shield-c", "MISS from edge-s")
    assert (answer.status, answer.body) == (200, body_of("/vary/cairn", "b"))


def test_reloads_ask_nobody_beside(world):
    target = "/fresh/reloaded"
    world.edge_c.ask(target)
    world.edge_s.ask(target)
    before = world.edge_c.metric("cairn_neighbour_queries_total")
    answer = world.edge_c.ask(target, "Cache-Control: no-cache")
    assert answer["X-Cache"] == "MISS from gate, MISS from shield-s, MISS from edge-c"
    assert answer["X-Cache-Miss-From"] == "gate"
    assert world.edge_c.metric("cairn_neighbour_queries_total") == before
    answer = world.edge_s.ask(target, "Cache-Control: no-cache")
    assert answer["X-Cache"] == "MISS from gate, MISS from shield-c, MISS from edge-s"


@pytest.mark.parametrize("purged", ["edge_c", "edge_s"])
def test_purge(world, purged):
    """By HTCP the one beside forgets it as well, whoever is told; ICP has no word for it."""
    target = f"/fresh/purged-{purged}"
    edges = {"edge_c": world.edge_c, "edge_s": world.edge_s}
    for edge in edges.values():
        edge.ask(target)
    assert edges.pop(purged).ask(target, method="PURGE").status == 200
    (other,) = edges.values()
    gone = 504 if world.protocol == "htcp" else 200
    until(lambda: other.ask(target, "Cache-Control: only-if-cached").status == gone)
