"""Squid 5.7 in a row with Cairn, in every place."""
from peers_rig import Site
from squid_rig import Squid, asks_parent, asks_site


def test_two_squids_in_a_row():
    """What the rig itself is worth."""
    site = Site()
    with site.origin, Squid("shield", asks_site(site.port)) as shield, \
            Squid("edge", asks_parent(shield.port, address=shield.address), icp=True, htcp=True, digests=True) as edge:
        edge.sees_up()
        assert edge.ask("/page").body == edge.ask("/page").body == b"body of /page"
        assert edge.row("/page", 2).tag == "TCP_MEM_HIT"
        assert [row[1:] for row in edge.rows("/page")] == [
            ("200", "GET", "http://a.example/page", "FIRSTUP_PARENT", shield.address), ("200", "GET", "http://a.example/page", "HIER_NONE", "-")]
        assert edge.purge("/page") == 200
        assert edge.ask("/page")["X-Cache"] == "HIT from shield, MISS from edge"
