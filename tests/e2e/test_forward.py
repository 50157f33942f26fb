"""A forward proxy with real clients in front: who may ask what, who the client is, passwords, tunnels, proxy.pac."""
import json

from rig import Node, Origin, respond, settings, until


def records(path, count):
    """The first `count` lines of a JSON log, once they are there."""
    until(lambda: path.exists() and path.read_text().count("\n") >= count)
    return [json.loads(line) for line in path.read_text().splitlines()]


# ---- the client's address ----

def test_the_client_is_whom_trusted_proxies_tell_of(tmp_path):
    log = tmp_path / "log"
    conf = settings("http://127.0.0.1:1", logs=[{"file": str(log)}], purge={"allow": ["192.0.2.7"]},
                    forwarding={"trusted_proxies": ["127.0.0.2", "127.0.0.3"]})
    told = (("127.0.0.1", "192.0.2.7", 403), ("127.0.0.2", "192.0.2.7", 200), ("127.0.0.2", "192.0.2.7, 127.0.0.3", 200),
            ("127.0.0.2", "192.0.2.7, 192.0.2.8", 403), ("127.0.0.2", "192.0.2.7, unknown", 403))
    with Node(tmp_path, conf) as node:
        for source, value, status in told:
            answer = node.ask("/", f"X-Forwarded-For: {value}", method="PURGE", source=source)
            assert answer.status == status, (source, value)
    seen = sorted((line["client"], line.get("peer", "-")) for line in records(log, len(told)))
    assert seen == [("127.0.0.1", "-"), ("127.0.0.2", "-"), ("192.0.2.7", "127.0.0.2"), ("192.0.2.7", "127.0.0.2"),
                    ("192.0.2.8", "127.0.0.2")]


def test_a_refresh_behind_a_stale_answer_is_the_clients(tmp_path):
    """What goes upstream still names the proxy that the request came from, behind the list that it sent."""
    log = tmp_path / "log"

    def stale(wire, request):
        respond(wire, request.target, "Cache-Control: max-age=0, stale-while-revalidate=1000", 'ETag: "1"')

    with Origin(stale) as origin:
        conf = settings(origin.url, logs=[{"file": str(log)}],
                        forwarding={"trusted_proxies": ["127.0.0.2"], "client_from": "forwarded", "forwarded": True})
        with Node(tmp_path, conf) as node:
            for _ in range(2):
                node.ask("/", 'Forwarded: for="[2001:db8::7]:4711"', source="127.0.0.2")
            until(lambda: len(origin.requests) == 2)
            lines = records(log, 3)
        assert [line["client"] for line in lines] == ["2001:db8::7"] * 3
        assert {request["X-Forwarded-For"] for request in origin.requests} == {"127.0.0.2"}
        assert origin.requests[0]["Forwarded"].startswith('for="[2001:db8::7]:4711", for=127.0.0.2;')
