"""A forward proxy with real clients in front: who may ask what, who the client is, passwords, tunnels, proxy.pac."""
import contextlib
import json
import pathlib
import re
import ssl
import subprocess

from browser import Browser
from passwords_rig import basic, hashed, users
from rig import LIMIT_S, Node, Origin, ask, fresh, respond, settings, until


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


# ---- users ----

def test_who_uses_the_proxy_says_who_he_is(tmp_path):
    log = tmp_path / "log"
    rules = [{"action": "allow", "hosts": ["open.example"]}, {"action": "allow", "users": ["ann"]},
             {"action": "deny", "authenticated": True, "methods": ["POST"]}, {"action": "allow", "authenticated": True}]
    logs = [{"file": str(log)}, {"file": f"{log}.squid", "format": "squid"}, {"file": f"{log}.combined", "format": "combined"}]
    known = users(tmp_path, ann=hashed("secret"), bob="$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9")
    with Origin(fresh) as origin:
        conf = forward(logs=logs, access=rules, authentication=known, node={"workers": 1}, forwarding={"connect_ports": [str(origin.port)]})
        with Node(tmp_path, conf) as node:
            asked = node.ask(f"{origin.url}/a")
            assert asked.status == 407
            assert asked["Proxy-Authenticate"] == 'Basic realm="Office", charset="UTF-8"'
            assert asked["X-Cache"] == "MISS from edge-1"
            assert asked["X-Cache-Lookup"] == f"NONE from edge-1:{node.port}"
            assert asked["Cache-Status"] is None
            assert asked["Proxy-Status"] == "edge-1; error=http_request_denied"
            assert curl(node, "-U", "ann:secret", f"{origin.url}/a") == (0, 200, "body of /a")
            assert curl(node, "-U", "ann:wrong", f"{origin.url}/a")[1] == 407
            assert curl(node, "-U", "eve:secret", f"{origin.url}/a")[1] == 407
            assert curl(node, "-U", "bob:secret", f"{origin.url}/a") == (0, 200, "body of /a")
            assert curl(node, "-U", "bob:secret", "-d", "x", f"{origin.url}/a")[1] == 403
            assert curl(node, "--proxy-anyauth", "-U", "bob:secret", f"{origin.url}/a")[1] == 200
            assert curl(node, f"https://127.0.0.1:{origin.port}/")[1] == 407
            # Who was known is not checked again, and another user's answer was stored for him.
            with node.dial() as wire:
                assert [wire.ask(f"{origin.url}/a", basic("ann", "secret")).status for _ in range(3)] == [200] * 3
            assert node.metric("cairn_passwords_right_total") == 2
            assert node.metric("cairn_passwords_wrong_total") == 2
            assert len(origin.requests) == 1
            assert origin.requests[0]["Proxy-Authorization"] is None
            lines = records(log, 12)
        told = pathlib.Path(f"{log}.squid").read_text() + pathlib.Path(f"{log}.combined").read_text() + log.read_text()
    assert [line.get("user") for line in lines if line["status"] == 200] == ["ann", "bob", "bob", "ann", "ann", "ann"]
    assert {line["rule"] for line in lines if line.get("user") == "ann"} == {"access[1]"}
    assert not [line for line in lines if line["status"] == 407 and "user" in line]
    assert re.search(r"TCP_DENIED/407 \d+ GET \S+/a - HIER_NONE/-", told)
    assert re.search(r"TCP_MEM_HIT/200 \d+ GET \S+/a bob HIER_NONE/-", told)
    assert re.search(r"^127\.0\.0\.1 - bob \[", told, re.M)
    assert not re.search(r"secret|wrong|YW5u", told)


def test_another_file_of_users_and_other_rules_hold_from_the_reload_on(tmp_path):
    def conf(*rules, **named):
        return forward(access=list(rules), authentication=users(tmp_path, **named), node={"workers": 1})

    any_user = {"action": "allow", "authenticated": True}
    with Origin(fresh) as origin, Node(tmp_path, conf(any_user, ann=hashed("secret"))) as node:
        with node.dial() as wire:
            def seen():
                return [wire.ask(f"{origin.url}/a", basic(*who)).status
                        for who in (("ann", "secret"), ("ann", "other"), ("bob", "secret"))]

            assert seen() == [200, 407, 407]
            assert node.reload(conf(any_user, ann=hashed("other"), bob=hashed("secret"))).status == 200
            until(lambda: seen() == [407, 200, 200])
            assert node.reload(conf({"action": "deny", "users": ["bob"]}, any_user, ann=hashed("other"),
                                    bob=hashed("secret"))).status == 200
            until(lambda: seen() == [407, 200, 403])
            # What is wrong with it is said with its line, and the old one stays.
            refused = node.reload(conf(any_user, ann=hashed("secret"), eve="$apr1$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT"))
            assert refused.status >= 400
            assert b"users, line 3: is too weak a hash" in refused.body and b"mkpasswd -m yescrypt" in refused.body
            assert seen() == [407, 200, 403]


def test_all_who_come_to_a_forward_listener_are_users(tmp_path):
    """A request that names no host in its target is one too, where a route sends it to a parent, and so is a plain hit."""
    with Origin(fresh) as origin:
        conf = forward(upstreams={"up": {"kind": "parent", "members": [origin.url]}}, routes=[{"upstream": "up"}],
                       access=[{"action": "allow", "authenticated": True}],
                       authentication=users(tmp_path, ann=hashed("secret")), digest={"serve": "all"},
                       neighbours={"allow": ["127.0.0.1"]})
        with Node(tmp_path, conf) as node:
            assert node.ask("/a").status == 407
            assert node.ask("/a", basic("ann", "secret")).status == 200
            assert [node.ask("/a").status for _ in range(2)] == [407, 407]
            assert node.ask("http://a.example/a", basic("ann", "secret"))["X-Cache"].startswith("HIT")
            # What the node tells of itself has rules of its own.
            until(lambda: node.ask("/squid-internal-periodic/store_digest").status == 200)
        assert [request.line for request in origin.requests] == ["GET http://a.example/a HTTP/1.1"]


def test_who_guesses_passwords_keeps_nobody_from_being_served(tmp_path):
    """Many connections guess, each of which would take a processor some while. What is answered meanwhile is neither theirs
    nor waits behind theirs; who has not been seen yet gets his turn between them."""
    rules = [{"action": "allow", "hosts": ["127.0.0.1"], "clients": ["127.0.0.9"]}, {"action": "allow", "authenticated": True}]
    known = users(tmp_path, ann=hashed("secret", 12))
    patient = {"password": "5m"} # however slow the machine is
    with Origin(fresh) as origin, Node(tmp_path, forward(access=rules, authentication=known, timeouts=patient)) as node:
        with contextlib.ExitStack() as stack:
            guessers = [stack.enter_context(node.dial()) for _ in range(60)]
            for number, wire in enumerate(guessers):
                wire.say(f"{origin.url}/a", basic("ann", f"guess {number}"))
            others = [ask(node.port, f"{origin.url}/a", source="127.0.0.9").status for _ in range(20)]
            own = ask(node.port, f"{origin.url}/a", basic("ann", "secret"), source="127.0.0.8").status
            guessed_meanwhile = node.metric("cairn_passwords_wrong_total")
            answers = [wire.response().status for wire in guessers]
        assert others == [200] * 20
        assert own == 200
        assert guessed_meanwhile < len(guessers)
        assert set(answers) <= {407, 503} and answers.count(407) == node.metric("cairn_passwords_wrong_total")


# ---- tunnels ----

def tls_echo(tmp_path):
    """A server that answers each line over TLS with itself; its port, and the file that vouches for it."""
    pem = tmp_path / "echo.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", pem, "-out", f"{pem}.crt"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{pem}.crt", pem)

    def serve(wire, request):
        respond(wire, f"{request.method} {request.target}")

    class Echo(Origin):
        def serve(self, wire):
            with contextlib.suppress(OSError):
                wire.sock = context.wrap_socket(wire.sock, server_side=True)
                super().serve(wire)

    return Echo(serve), f"{pem}.crt"


def test_a_tunnel_leads_where_a_rule_lets_it(tmp_path):
    log = tmp_path / "log"
    echo, trusted = tls_echo(tmp_path)
    known = users(tmp_path, ann=hashed("secret"))
    with echo:
        rules = [{"action": "allow", "methods": ["CONNECT"], "ports": [str(echo.port)], "hosts": ["127.0.0.1"], "users": ["ann"]}]
        conf = forward(access=rules, authentication=known, logs=[{"file": str(log)}])
        with Node(tmp_path, conf) as node:
            url = f"https://127.0.0.1:{echo.port}/page"
            assert curl(node, "--cacert", trusted, "-U", "ann:secret", url) == (0, 200, "GET /page")
            assert curl(node, "--cacert", trusted, url)[1] == 407
            assert curl(node, "--cacert", trusted, "-U", "ann:secret", f"https://localhost:{echo.port}/")[1] == 403
        lines = records(log, 3)
    told = {line["status"]: (line["rule"], line.get("user"), line.get("tunnel")) for line in lines}
    assert told == {200: ("access[0]", "ann", True), 407: ("access[0]", None, None),
                    403: ("forwarding.connect_ports", None, None)}


# ---- proxy.pac ----

EVALUATE = """
const text = require('fs').readFileSync(0, 'utf8');
const find = new Function(text + '; return FindProxyForURL;')();
console.log(JSON.stringify(JSON.parse(process.argv[1]).map(url => find(url, new URL(url).hostname))));
"""


def evaluated(pac, *urls):
    """What the function says of each URL, in a JavaScript engine that offers it none of a browser's helpers."""
    done = subprocess.run(["node", "-e", EVALUATE, json.dumps(urls)], input=pac, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_browsers_are_told_of_the_proxy_in_a_file(tmp_path):
    direct = [".corp.example", "a*z.example", "198.51.100.0/25", "2001:db8:1::/48", "loopback"]
    with Node(tmp_path, forward(pac={"direct": direct, "fallback": True})) as node:
        host = f"proxy.example:{node.port}"
        answer = node.ask("/proxy.pac", host=host)
        assert (answer.status, answer["Content-Type"]) == (200, "application/x-ns-proxy-autoconfig")
        assert answer["Cache-Control"] == "private, max-age=600"
        assert node.ask("/proxy.pac", f"If-None-Match: {answer['ETag']}", host=host).status == 304
        assert node.ask("/proxy.pac", host="other.example")["ETag"] != answer["ETag"]
        assert node.ask("/wpad.dat?x", host=host).body == answer.body
        assert node.ask("/proxy.pac", method="HEAD", host=host)["ETag"] == answer["ETag"]
        assert node.ask("/proxy.pac", method="POST", body="x", host=host).status == 400
        proxied = f"PROXY {host}; DIRECT"
        table = {"http://a.example/": proxied, "http://corp.example/": "DIRECT", "https://x.y.Corp.Example./": "DIRECT",
                 "http://xcorp.example/": proxied, "http://abcz.example/": "DIRECT", "http://abcz.examples/": proxied,
                 "http://intranet/": "DIRECT", "http://198.51.100.127/": "DIRECT", "http://198.51.100.128/": proxied,
                 "http://127.9.9.9:81/": "DIRECT", "http://[::1]/": "DIRECT", "http://[2001:db8:1:2::3]/": "DIRECT",
                 "http://[2001:db8:2::3]/": proxied, "http://[2001:db8::]/": proxied, "http://1.2.3.4.example/": proxied}
        assert dict(zip(table, evaluated(answer.body, *table))) == table
        # A Host that means something in the text is not repeated in it.
        assert evaluated(node.ask("/proxy.pac", host="a;b'c").body, "http://a.example/") == [f"PROXY 127.0.0.1:{node.port}; DIRECT"]
        with Origin(fresh) as origin:  # one of a site is fetched like any other
            assert curl(node, f"{origin.url}/proxy.pac") == (0, 200, "body of /proxy.pac")


def test_the_file_for_browsers_is_for_those_who_may_use_the_proxy(tmp_path):
    (tmp_path / "own.pac").write_text("function FindProxyForURL(u, h) { return \"PROXY own:1\"; }\n")
    rules = [{"action": "deny", "clients": ["127.0.0.9"]}, {"action": "deny", "methods": ["POST"]},
             {"action": "allow", "authenticated": True}, {"action": "deny"}]
    known = users(tmp_path, ann=hashed("secret"))
    with Node(tmp_path, forward(access=rules, authentication=known, pac={"file": str(tmp_path / "own.pac")})) as node:
        assert evaluated(node.ask("/proxy.pac").body, "http://a.example/") == ["PROXY own:1"]
        assert node.ask("/proxy.pac", source="127.0.0.9").status == 403
        assert node.reload(forward(pac={"enabled": False})).status == 200
        until(lambda: node.ask("/proxy.pac").status == 400)


def test_a_browser_finds_the_proxy_by_the_file(tmp_path):
    """Chromium, which is told of nothing but the file's URL, asks through the proxy what the file does not name."""
    def page(wire, request):
        respond(wire, "<title>through</title>" if request["Via"] else "<title>around</title>", "Content-Type: text/html")

    with Origin(page) as origin:
        conf = forward(pac={"direct": [".direct.example"]}, upstreams={"site": {"members": [origin.url]}},
                       routes=[{"host": "*.through.example", "upstream": "site"}])
        with Node(tmp_path, conf) as node, \
             Browser(tmp_path / "profile", f"--proxy-pac-url=http://127.0.0.1:{node.port}/proxy.pac",
                     f"--host-resolver-rules=MAP *.direct.example 127.0.0.1:{origin.port}") as browser:
            for url, title in (("http://www.through.example/", "through"), ("http://www.direct.example/", "around")):
                browser.open(url)
                assert browser.run("document.title") == title


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
