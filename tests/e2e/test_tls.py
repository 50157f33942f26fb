"""Upstreams of https: whom Cairn believes, what it says of whom it does not, and that bytes come through as in the clear."""
import concurrent.futures
import contextlib
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from authority import Authority
from rig import CAIRN, LIMIT_S, Node, Origin, Wire, fresh, held_port, respond, settings, until


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", name="good")
def _good(made):
    return made.sign("good")


def context(files, **options):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*files)
    for name, value in options.items():
        setattr(made, name, value)
    return made


class Secure(Origin):
    """An origin behind TLS. What it saw of each connection: the name asked for, whether a session was resumed, and whether it
    ended in order."""

    def __init__(self, answer, tls):
        self.tls = tls
        self.names = []
        self.resumed = []
        self.refused = []
        tls.sni_callback = lambda sock, name, _: self.names.append(name)
        super().__init__(answer)
        self.url = f"https://127.0.0.1:{self.port}"

    def serve(self, wire):
        try:
            sock = self.tls.wrap_socket(wire.sock, server_side=True)
        except OSError as refusal:
            self.refused.append(refusal)
            return
        self.resumed.append(sock.session_reused)
        super().serve(Wire(sock))


def group(*urls, tls=None, **more):
    """The sections of a node with one upstream."""
    site = {"members": list(urls), **more}
    if tls is not None:
        site["tls"] = tls
    return {"upstreams": {"site": site}, "routes": [{"upstream": "site"}]}


def conf(made, *urls, tls=(), **more):
    return settings(**{**group(*urls, tls={"ca": str(made.file), **dict(tls)}), **more})


def logged(tmp_path):
    """The lines of the log, when at least one is there."""
    log = tmp_path / "log"
    return until(lambda: [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else None)


# ---- what goes well ----

def test_a_page_comes_over_tls_and_is_stored(tmp_path, made, good):
    with Secure(fresh, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        first, second = node.ask("/page"), node.ask("/page")
        assert first.body == second.body == b"body of /page"
        assert first["X-Cache"] == "MISS from edge-1" and second["X-Cache"] == "HIT from edge-1"
        request = origin.requests[0]
        assert request.target == "/page" and request["Host"] == "a.example"
        assert request["X-Forwarded-Proto"] == "http"  # the client's
        assert origin.names == [None]  # an address is no name


def test_the_name_asked_for_is_the_members_or_the_settings(tmp_path, made):
    files = made.sign("named", "DNS:localhost,DNS:www.a.example")
    with Secure(fresh, context(files)) as origin:
        with Node(tmp_path, conf(made, f"https://localhost:{origin.port}")) as node:
            assert node.ask().status == 200
        with Node(tmp_path, conf(made, origin.url, tls={"name": "www.a.example"})) as node:
            assert node.ask().status == 200
        assert origin.names == ["localhost", "www.a.example"]


def test_a_connection_is_used_again(tmp_path, made, good):
    with Secure(fresh, context(good, num_tickets=4)) as origin, \
            Node(tmp_path, conf(made, origin.url, node={"workers": 1})) as node:
        for i in range(6):
            assert node.ask(f"/{i}").status == 200
        assert origin.connections == 1


def goodbye(wire, request):
    """One response a connection, which ends in order."""
    respond(wire, "bye " + request.target, "Cache-Control: no-store", "Connection: close")
    wire.sock.unwrap()
    return False


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(tmp_path, made, good, version):
    tls = context(good, minimum_version=version, maximum_version=version)
    with Secure(goodbye, tls) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        for i in range(5):
            assert node.ask(f"/{i}").body == f"bye /{i}".encode()
        assert origin.resumed == [False, True, True, True, True]


def test_a_parent_is_asked_over_tls_for_what_the_client_wants(tmp_path, made, good):
    with Secure(fresh, context(good)) as parent, \
            Node(tmp_path, settings(**group(parent.url, kind="parent", tls={"ca": str(made.file)}))) as node:
        assert node.ask("/x").status == 200
        assert parent.requests[0].target == "http://a.example/x"


def test_it_shows_its_certificate(tmp_path, made, good):
    cert, key = made.sign("guest", "DNS:guest.example")
    tls = context(good, verify_mode=ssl.CERT_REQUIRED)
    tls.load_verify_locations(made.file)
    seen = []

    def look(wire, request):
        seen.append(wire.sock.getpeercert()["subjectAltName"])
        fresh(wire, request)

    with Secure(look, tls) as origin, \
            Node(tmp_path, conf(made, origin.url, tls={"certificate": str(cert), "key": str(key)})) as node:
        assert node.ask().status == 200
        assert seen == [(("DNS", "guest.example"),)]


def test_anybody_is_believed_where_that_is_wanted(tmp_path):
    files = Authority(tmp_path / "other").sign("expired", "DNS:b.example", days=-1)
    with Secure(fresh, context(files)) as origin, \
            Node(tmp_path, settings(**group(origin.url, tls={"verify": False}))) as node:
        assert node.ask().status == 200
        assert "tls.verify: off: whoever answers is believed" in node.text()


def test_the_roots_of_the_system_count_where_no_others_are_named(tmp_path, made, good, monkeypatch):
    with Secure(fresh, context(good)) as origin:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
        with Node(tmp_path, settings(**group(origin.url))) as node:
            assert node.ask().status == 200
        monkeypatch.delenv("SSL_CERT_FILE")
        with Node(tmp_path, settings(**group(origin.url))) as node:
            assert node.ask().status == 502


# ---- who is not believed, and what is said of it ----

def stranger(tmp_path, _made):
    return context(Authority(tmp_path / "stranger", "Stranger").sign("site"))


def wrong_name(_tmp_path, made):
    return context(made.sign("wrong", "DNS:b.example,DNS:c.example"))


def expired(_tmp_path, made):
    return context(made.sign("expired", days=-1))


def demanding(_tmp_path, made):
    tls = context(made.sign("demanding"), verify_mode=ssl.CERT_REQUIRED)
    tls.load_verify_locations(made.file)
    return tls


def demanding_1_2(tmp_path, made):
    tls = demanding(tmp_path, made)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    return tls


@pytest.mark.parametrize("server, error, words", [
    (stranger, "tls_certificate_error", r"unknown issuer CN=Stranger"),
    (wrong_name, "tls_certificate_error", r"the certificate is not for 127\.0\.0\.1 but for b\.example, c\.example"),
    (expired, "tls_certificate_error", r"the certificate expired on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"),
    (demanding, "tls_alert_received; alert-id=116; alert-message=certificate_required", r"it sent the alert 116 \("),
    (demanding_1_2, "tls_alert_received; alert-id=40; alert-message=handshake_failure", r"it sent the alert 40 \("),
], ids=lambda value: value.__name__ if callable(value) else "")
def test_what_is_wrong_is_said(tmp_path, made, server, error, words):
    with Secure(fresh, server(tmp_path, made)) as origin, \
            Node(tmp_path, conf(made, origin.url, logs=[{"file": str(tmp_path / "log")}])) as node:
        answer = node.ask()
        assert answer.status == 502
        assert re.fullmatch(rf'edge-1; error={error}; details="[^"]*{words}[^"]*"', answer["Proxy-Status"])
        assert re.search(words, answer.body.decode())
        line = logged(tmp_path)[0]
        assert line["error"] == error.split(";")[0] and re.search(words, line["details"])
        assert not origin.requests


def test_a_stranger_learns_no_names(tmp_path, made):
    conf_of = {"trail": {"names": "opaque"}, "logs": [{"file": str(tmp_path / "log")}]}
    with Secure(fresh, wrong_name(tmp_path, made)) as origin, Node(tmp_path, conf(made, origin.url, **conf_of)) as node:
        answer = node.ask()
        assert answer["Proxy-Status"].endswith("; error=tls_certificate_error")
        assert b"b.example" not in answer.body
        assert "b.example" in logged(tmp_path)[0]["details"]


class InTheClear(Origin):
    def serve(self, wire):
        with wire:
            wire.receive()
            wire.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def test_who_speaks_no_tls_is_told_apart(tmp_path, made):
    with InTheClear(None) as origin, Node(tmp_path, conf(made, f"https://127.0.0.1:{origin.port}")) as node:
        said = node.ask()
        assert said.status == 502
        assert 'error=tls_protocol_error; details="what came is no TLS' in said["Proxy-Status"]


def test_a_handshake_that_hangs_takes_no_longer_than_connecting_may(tmp_path, made):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as deaf, \
            Node(tmp_path, conf(made, f"https://127.0.0.1:{deaf.getsockname()[1]}", timeouts={"connect": "200ms"},
                                logs=[{"file": str(tmp_path / "log")}])) as node:
        answer = node.ask()
        assert answer.status == 504 and "error=connection_timeout" in answer["Proxy-Status"]
        assert logged(tmp_path)[0]["details"] == "the TLS handshake took too long"


def test_health_and_the_next_member(tmp_path, made, good):
    with Secure(fresh, expired(tmp_path, made)) as bad, Secure(fresh, context(good)) as fine, \
            Node(tmp_path, conf(made, bad.url, fine.url)) as node:
        for i in range(8):
            assert node.ask(f"/{i}").status == 200
        assert node.metric("cairn_upstream_failures_total", member=f"127.0.0.1:{bad.port}") >= 1


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_probes_shake_hands_too(tmp_path, made, good, kind):
    probe = {"kind": kind, "interval": "100ms", "down_after": 1, "up_after": 1}
    with Secure(fresh, context(good)) as fine, Secure(fresh, expired(tmp_path, made)) as bad, \
            Node(tmp_path, settings(**group(fine.url, bad.url, tls={"ca": str(made.file)}, probe=probe))) as node:
        node.hears(rf"site: 127\.0\.0\.1:{bad.port} is out by its probes: the certificate expired on ")
        assert f"127.0.0.1:{fine.port} is out" not in node.text()
        assert node.metric("cairn_upstream_tls_failures_total") >= 1


class InPieces(Origin):
    """Behind TLS, and its answers come in small pieces of a record."""

    def __init__(self, tls):
        self.tls = tls
        super().__init__(None)
        self.url = f"https://127.0.0.1:{self.port}"

    def serve(self, wire):
        with contextlib.suppress(OSError), wire:
            come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.tls.wrap_bio(come, go, server_side=True)

            def flows(step):
                while True:
                    try:
                        return step()
                    except ssl.SSLWantReadError:
                        wire.send(go.read())
                        come.write(wire.receive())
            flows(tls.do_handshake)
            flows(lambda: tls.read(65536))
            wire.send(go.read())
            tls.write(b"HTTP/1.1 200 Any\r\nContent-Length: 4\r\nX-Long: " + 400 * b"x" + b"\r\n\r\npage")
            record = go.read()
            for i in range(0, len(record), 8):
                wire.send(record[i:i + 8])
                time.sleep(0.002)
            wire.receive()


def test_a_hedge_that_answers_in_pieces_takes_no_more_memory(tmp_path, made, good):
    with socket.create_server(("127.0.0.1", 0)) as silent, InPieces(context(good)) as second:
        first = f"http://127.0.0.1:{silent.getsockname()[1]}"
        sections = group(first, second.url, tls={"ca": str(made.file)}, hedge="20ms", choice="turn")
        with Node(tmp_path, settings(**sections, limits={"arena": "64K", "head": "16K",
                                 "upstream_head": "16K"}, timeouts={"first_byte": "3s"})) as node:
            assert node.ask("/1").body == b"page"
            assert node.metric("cairn_hedges_won_total") == 1


# ---- bodies ----

def test_a_body_that_is_cut_is_not_taken_for_whole(tmp_path, made, good):
    """RFC 9112 9.8: where the end of the connection ends the body, only a close_notify says that it is all."""
    def answer(wire, request):
        wire.send("HTTP/1.1 200 Any\r\nCache-Control: max-age=100\r\n\r\nhalf of it")
        if request.target == "/whole":
            wire.sock.unwrap()
        return False

    with Secure(answer, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        assert node.ask("/whole").body == b"half of it"
        assert node.ask("/whole")["X-Cache"] == "HIT from edge-1"
        for _ in range(2):
            with node.dial() as wire:
                wire.say("/cut")
                assert wire.head().status == 200
                with pytest.raises((EOFError, ConnectionResetError)):
                    list(wire.chunks())
        assert len(origin.requests) == 3


def test_big_bodies_both_ways(tmp_path, made, good):
    big = hashlib.sha256(b"seed").digest() * (8 * 1024 * 1024 // 32)

    def answer(wire, request):
        if request.method == "POST":
            respond(wire, hashlib.sha256(request.body).hexdigest())
        elif request.target == "/chunks":
            wire.send("HTTP/1.1 200 Any\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=100\r\n\r\n")
            for at in range(0, len(big), 100_000):
                wire.send(b"%x\r\n%s\r\n" % (len(big[at:at + 100_000]), big[at:at + 100_000]))
            wire.send("0\r\n\r\n")
        else:
            respond(wire, big, "Cache-Control: max-age=100")

    with Secure(answer, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        assert node.ask("/length").body == big
        assert node.ask("/chunks").body == big
        assert node.ask("/chunks")["X-Cache"] == "HIT from edge-1"
        up = node.ask("/up", method="POST", body=big)
        assert up.body.decode() == hashlib.sha256(big).hexdigest()
        assert origin.connections <= 2  # a worker each


def test_many_at_once(tmp_path, made, good):
    body = bytes(range(256)) * 400

    def answer(wire, request):
        respond(wire, request.target.encode() + body, "Cache-Control: no-store",
                *(["Connection: close"] if request.target.endswith("7") else []))
        return not request.target.endswith("7")

    with Secure(answer, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda i: node.ask(f"/{i}"), range(320)))
        assert all(answer.body == f"/{i}".encode() + body for i, answer in enumerate(answers))
        assert any(origin.resumed) and not origin.refused


def test_a_switch_of_protocols_goes_on_over_tls(tmp_path, made, good):
    def answer(wire, request):
        assert request["Upgrade"] == "echo"
        wire.send("HTTP/1.1 101 Go On\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        while data := wire.receive():
            wire.send(data)
        wire.send("that was all")
        wire.sock.unwrap()
        return False

    with Secure(answer, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node, node.dial() as wire:
        assert wire.ask("/", "Connection: Upgrade", "Upgrade: echo").status == 101
        for piece in (b"small", b"large" * 40_000):
            threading.Thread(target=wire.send, args=(piece,), daemon=True).start()
            assert wire.take(len(piece)) == piece
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.to_end() == b"that was all"


# ---- reloads ----

def test_a_reload_that_changes_whom_to_believe_opens_anew(tmp_path, made, good):
    other = Authority(tmp_path / "other")
    with Secure(fresh, context(good)) as origin, \
            Node(tmp_path, conf(made, origin.url, node={"workers": 1})) as node:
        assert node.ask("/1").status == 200
        assert node.reload(conf(made, origin.url, node={"workers": 1})).status == 200
        assert node.ask("/2").status == 200
        assert origin.connections == 1  # the same files: what is connected stays
        assert node.reload(conf(other, origin.url, node={"workers": 1})).status == 200
        until(lambda: node.ask("/3", "Cache-Control: no-cache").status == 502)
        assert origin.resumed == [False]
        assert node.reload(conf(made, origin.url, node={"workers": 1})).status == 200
        until(lambda: node.ask("/4").status == 200)


def test_a_reload_with_a_file_missing_is_refused(tmp_path, made, good):
    with Secure(fresh, context(good)) as origin, Node(tmp_path, conf(made, origin.url)) as node:
        broken = node.reload(conf(made, origin.url, tls={"ca": str(tmp_path / "none.pem")}))
        assert broken.status == 422 and b"tls.ca: cannot be read" in broken.body
        assert node.ask().status == 200


def test_check_finds_what_is_wrong(tmp_path, made):
    file = tmp_path / "cairn.yaml"
    _, key = made.sign("another")
    file.write_text(f"""listeners: [{{address: ":8080"}}]
routes: [{{upstream: site}}]
upstreams:
  site:
    members: ["https://a.example"]
    tls:
      certificate: {made.file}
      key: {key}
""")
    done = subprocess.run([CAIRN, "check", file], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode != 0
    assert f"{file}:8:12: upstreams.site.tls.key: its key does not fit the certificate" in done.stderr
    file.write_text(file.read_text().split("    tls:")[0])
    done = subprocess.run([CAIRN, "check", file], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0 and "a.example:443 (TLS)" in done.stdout


# ---- real peers ----

NGINX = """daemon off; master_process off; pid {dir}/pid; error_log {dir}/error;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi; root {dir}/root;
  ssl_certificate {cert}; ssl_certificate_key {key}; ssl_session_cache shared:x:1m; ssl_session_tickets on;
  server {{ listen 127.0.0.1:{port} ssl http2; keepalive_requests 3; ssl_protocols {protocol};
    location / {{ add_header X-Session $ssl_session_reused; add_header X-Protocol $ssl_protocol;
                  add_header X-Alpn $ssl_alpn_protocol; }} }}
}}
"""


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx")
@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_nginx_as_origin(tmp_path, made, good, protocol):
    with held_port() as port:
        nginx_as_origin(tmp_path, made, good, protocol, port)


def nginx_as_origin(tmp_path, made, good, protocol, port):
    (tmp_path / "root").mkdir()
    big = bytes(range(256)) * 4096
    (tmp_path / "root" / "big").write_bytes(big)
    (tmp_path / "nginx.conf").write_text(NGINX.format(dir=tmp_path, cert=good[0], key=good[1], port=port,
                                                      protocol=protocol))
    with subprocess.Popen(["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL) as nginx:
        try:
            with Node(tmp_path, conf(made, f"https://127.0.0.1:{port}", node={"workers": 1})) as node:
                until(lambda: node.ask("/big?0").status == 200)
                seen = [node.ask(f"/big?{i}", "Cache-Control: no-cache") for i in range(1, 10)]
                assert all(answer.body == big for answer in seen)
                assert {(answer["X-Protocol"], answer["X-Alpn"]) for answer in seen} == {(protocol, "http/1.1")}
                assert "r" in {answer["X-Session"] for answer in seen}  # every third connection is a new one
        finally:
            nginx.terminate()
