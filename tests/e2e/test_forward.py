"""A forward proxy with real clients in front: who may ask what, who the client is, passwords, tunnels, proxy.pac."""
import json
import subprocess

from rig import LIMIT_S, Node, Origin, fresh, respond, settings, until


def records(path, count):
    """The first `count` lines of a JSON log, once they are there."""
    until(lambda: path.exists() and path.read_text().count("\n") >= count)
    return [json.loads(line) for line in path.read_text().splitlines()]


def forward(**sections):
    conf = json.loads(settings(**sections))
    conf["listeners"][0]["mode"] = "forward"
    return json.dumps(conf)


def curl(node, *arguments):
    """Its exit status, the status of the answer (of CONNECT, where that is refused), and the body."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "", "-x", f"http://127.0.0.1:{node.port}", "-w",
                           "\n%{http_code} %{http_connect}", "--max-time", str(LIMIT_S), *arguments],
                          capture_output=True, text=True, check=False)
    body, codes = done.stdout.rsplit("\n", 1)
    code, connect = codes.split()
    return done.returncode, int(code) or int(connect), body


# ---- rules ----

def test_rules_decide_what_is_forwarded_and_say_so_in_the_log(tmp_path):
    log = tmp_path / "log"
    with Origin(fresh) as origin:
        rules = [{"action": "deny", "hosts": [".bad.example"]},
                 {"action": "deny", "methods": ["CONNECT"], "clients": ["127.0.0.0/8"]},
                 {"action": "allow", "ports": [str(origin.port)]},
                 {"action": "deny"}]
        with Node(tmp_path, forward(logs=[{"file": str(log)}], access=rules)) as node:
            assert curl(node, f"{origin.url}/page")[1:] == (200, "body of /page")
            assert curl(node, "http://www.bad.example/")[1] == 403
            assert curl(node, "http://127.0.0.1:9/")[1] == 403
            assert curl(node, f"https://127.0.0.1:{origin.port}/")[1] == 403
            assert node.metric("cairn_requests_total", reason="denied") == 3
    ruled = sorted((line["rule"], line["status"], line.get("error", "")) for line in records(log, 4))
    assert ruled == [("access[0]", 403, "http_request_denied"), ("access[1]", 403, "http_request_denied"),
                     ("access[2]", 200, ""), ("access[3]", 403, "http_request_denied")]


def test_rules_hold_for_plain_hits_as_for_all_others(tmp_path):
    """Each request on the connection is what a plain hit would answer: the way in shows in no header."""
    def guarded(*rules):
        conf = json.loads(settings(origin.url, access=list(rules)))
        conf["listeners"].append({"address": "127.0.0.2:0"})
        return json.dumps(conf)

    with Origin(fresh) as origin, Node(tmp_path, guarded()) as node:
        with node.dial() as wire, node.dial(source="127.0.0.3") as other:
            assert [wire.ask("/page").status for _ in range(3)] == [200] * 3
            assert other.ask("/page").status == 200
            for rules, own, others in (([{"action": "deny", "clients": ["127.0.0.3"]}], 200, 403),
                                       ([{"action": "deny", "hosts": ["a.example"]}], 403, 403),
                                       ([{"action": "deny", "listeners": ["127.0.0.2:0"]}], 200, 200),
                                       ([{"action": "allow", "clients": ["127.0.0.3"]}, {"action": "deny"}], 403, 200)):
                assert node.reload(guarded(*rules)).status == 200
                until(lambda: (wire.ask("/page").status, other.ask("/page").status) == (own, others))
        assert len(origin.requests) == 1


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
