"""Asking once more: what it is paid from, whom it may fall on, and that what is sent again is whole."""
import resource
import socket
import threading
import time

from rig import LIMIT_S, Node, Origin, fresh, settings, until
from test_groups import Gate, ask_many, groups, record_of
from test_upstreams import silent_port


def page(wire, request):
    """In one piece: two would wait for each other, many times over."""
    body = f"body of {request.target}"
    wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n{body}")


def cuts(_wire, _request):
    return False


def site(*members, sections=(), **more):
    return groups({"site": {"members": list(members), "choice": "turn", **more}}, [{"upstream": "site"}], **dict(sections))


# ---- what is sent again ----

def test_an_empty_body_is_whole_when_it_is_sent_again(tmp_path):
    with Origin(cuts) as bad, Origin(fresh) as good:
        conf = site(bad.url, good.url, sections={"timeouts": {"first_byte": "3s"}})
        with Node(tmp_path, conf) as node, node.dial() as wire:
            wire.send("PUT /1 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            assert wire.response().status == 200
            assert (len(bad.requests), len(good.requests)) == (1, 1)


# ---- what is ours ----

def test_that_we_have_no_descriptor_is_no_members_failure(tmp_path):
    def answer(wire, request):
        fresh(wire, request)
        return False
    with Origin(answer) as origin:
        conf = settings(origin.url, upstreams={"site": {"members": [origin.url], "max_fails": 1, "down": "1h", "probe": {
            "kind": "tcp", "interval": "100ms", "down_after": 1}}})
        with Node(tmp_path, conf) as node, node.dial() as wire:
            assert wire.ask("/1").status == 200
            until(lambda: node.metric("cairn_upstream_active_requests") == 0)
            whole = resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)
            admin = socket.create_connection(("127.0.0.1", node.admin))
            resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, (3, whole[1]))
            answers = [wire.ask(f"/{i}") for i in range(2, 6)]
            threading.Event().wait(0.4) # probes come and go
            resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, whole)
            admin.close()
            assert {(one.status, one["Proxy-Status"]) for one in answers} == {(503, "edge-1; error=proxy_internal_error")}
            assert "is out" not in node.text()
            assert node.metric("cairn_upstream_ejections_total") == node.metric("cairn_upstream_failures_total") == 0
            assert wire.ask("/1/more").status == 200
