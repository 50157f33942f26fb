"""The PROXY protocol, in and out: who the client is, told by a header in front of a connection. With HAProxy and nginx at the
other end, and byte by byte."""
import array
import contextlib
import fcntl
import json
import shutil
import socket
import ssl
import struct
import subprocess
import termios
import threading

import pytest
from authority import Authority
from rig import Node, Origin, dial, held_port, respond, settings, until

SIGN = b"\r\n\r\n\0\r\nQUIT\n"

def v2(command, family, body=b""):
    return SIGN + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


FOUR = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.2") + struct.pack(">HH", 56324, 443)
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, "2001:db8::2") + struct.pack(">HH", 5, 443)


def told(wire, request):
    """A page that says what it was told of the client."""
    respond(wire, str(request["X-Forwarded-For"]))


def listener(**more):
    return [{"address": "127.0.0.1:0", **more}]


@pytest.fixture(name="node")
def a_node(tmp_path):
    log = tmp_path / "log"
    with Origin(told) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(log)}], timeouts={"head": "500ms"},
                                                         listeners=listener(proxy_protocol_from=["127.0.0.1"]))) as node:
        node.log = log
        yield node


def recorded(node, n):
    until(lambda: node.log.read_text().count("\n") >= n)
    return [json.loads(line) for line in node.log.read_text().splitlines()]


HEADERS = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1"),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "2001:db8::1"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (v2(1, 0x11, FOUR), "192.0.2.1"),
    (v2(1, 0x21, SIX), "2001:db8::1"),
    (v2(1, 0x11, FOUR + b"\x05\0\x02id"), "192.0.2.1"),
    (v2(1, 0x31, bytes(216)), "127.0.0.1"),
    (v2(0, 0), "127.0.0.1"),
]


def test_client_is_who_the_header_says(node):
    first = b"GET /first HTTP/1.1\r\nHost: a.example\r\n\r\n"
    for header, client in HEADERS:
        half = len(header) // 2
        for pieces in ([header + first], [header, first], [header[:1], header[1:half], header[half:-1], header[-1:] + first]):
            with node.dial() as wire:
                for piece in pieces:
                    wire.send(piece)
                    until(acknowledged, wire)
                assert wire.response().body.decode() == client
                assert wire.ask("/again").body.decode() == client # for all of the connection
    clients = [client for _, client in HEADERS for _ in range(6)]
    assert sorted(record["client"] for record in recorded(node, len(clients))) == sorted(clients)


def acknowledged(wire):
    """Has all that was sent arrived?"""
    n = array.array("i", [0])
    fcntl.ioctl(wire.sock, termios.TIOCOUTQ, n)
    return n[0] == 0


def test_connection_without_a_good_header_is_closed(node):
    begins = [
        b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", # where one is demanded
        b"PROXY TCP4 192.0.2.1\r\n",
        v2(2, 0x11, FOUR),
        v2(1, 0x11, FOUR + b"\x03\0\x04none"), # a checksum that is wrong
        v2(1, 0x11, FOUR + b"\x04\xff\xff"),
        SIGN + b"\x21\x11\xff\xff", # longer than any
    ]
    for begin in begins:
        with node.dial() as wire:
            wire.send(begin)
            assert wire.ended()
    assert node.metric("cairn_proxy_headers_refused_total") == len(begins)
    with contextlib.ExitStack() as stack: # or in time
        wires = [stack.enter_context(node.dial()) for _ in range(3)]
        for wire, begin in zip(wires, (b"", b"PROXY TCP4 192.0.2.1 ", SIGN)):
            wire.send(begin)
        assert all(wire.ended() for wire in wires)
    assert node.metric("cairn_proxy_headers_refused_total") == len(begins) + len(wires)


def test_believed_from_these_networks_alone(node):
    with node.dial(source="127.0.0.2") as wire: # speaks for itself
        assert wire.ask().body == b"127.0.0.2"
    with node.dial(source="127.0.0.2") as wire:
        wire.send("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n")
        assert wire.response().status == 400


def test_what_the_client_may_see_and_do(tmp_path):
    """Rules go by who the header says: names, and who may purge."""
    with Origin(told) as origin, Node(tmp_path, settings(origin.url, listeners=listener(proxy_protocol_from=["127.0.0.0/8"]),
                                                         trail={"trusted": ["192.0.2.1"]}, purge={"allow": ["192.0.2.1"]})) as node:
        for client, name, purged in (("192.0.2.1", "edge-1", 200), ("192.0.2.2", "n-", 403)):
            with node.dial() as wire:
                wire.send(f"PROXY TCP4 {client} 198.51.100.2 1 80\r\n")
                assert wire.ask()["X-Cache"].startswith(f"MISS from {name}")
                assert wire.ask("/none", method="PURGE").status == purged


# ---- out ----

class Telling(Origin):
    """An origin behind a header of version 1 or 2, of each connection one."""

    def __init__(self, version):
        super().__init__(lambda wire, request: respond(wire, "page", "Cache-Control: no-store"))
        self.version = version
        self.headers = []

    def serve(self, wire):
        with contextlib.suppress(EOFError, OSError):
            if self.version == 1:
                self.headers.append(wire.take_to(b"\r\n"))
            else:
                head = wire.take(16)
                self.headers.append(head + wire.take(struct.unpack(">H", head[14:])[0]))
            super().serve(wire)
            return
        wire.close()


def upstream(url, version):
    return {"site": {"members": [url], "proxy_protocol": version}}


@pytest.mark.parametrize("version", [1, 2])
def test_upstream_is_told_of_the_client(tmp_path, version):
    with Telling(version) as origin, Node(tmp_path, settings(origin.url, upstreams=upstream(origin.url, f"v{version}"))) as node:
        with node.dial(source="127.0.0.3") as wire, node.dial(source="127.0.0.4") as other:
            ports = [w.sock.getsockname()[1] for w in (wire, other)]
            for i, w in enumerate((wire, other, wire)):
                assert w.ask().body == b"page"
                if version == 1:
                    source, port = f"127.0.0.{3 + i % 2}", ports[i % 2]
                    assert origin.headers[i] == f"PROXY TCP4 {source} 127.0.0.1 {port} {node.port}\r\n".encode()
                else:
                    addresses = bytes([127, 0, 0, 3 + i % 2, 127, 0, 0, 1]) + struct.pack(">HH", ports[i % 2], node.port)
                    assert origin.headers[i] == v2(1, 0x11, addresses)
        assert len(origin.headers) == 3 # nobody's connection is another's
        assert node.metric("cairn_upstream_reused_total") == 0


@pytest.mark.parametrize("version, own", [(1, b"PROXY UNKNOWN\r\n"), (2, v2(0, 0))])
def test_probe_is_the_nodes_own(tmp_path, version, own):
    with Telling(version) as origin:
        group = {"members": [origin.url], "proxy_protocol": f"v{version}", "probe": {"kind": "http", "path": "/health", "interval": "1s"}}
        with Node(tmp_path, settings(origin.url, upstreams={"site": group})):
            until(lambda: origin.requests)
        assert origin.headers[0] == own and origin.requests[0].target == "/health"


def test_probe_that_only_connects_says_so_too(tmp_path):
    """Else a member that wants it would not shake hands with its probes, and so would be out."""
    made = Authority(tmp_path / "tls")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*made.sign("good"))
    seen = []

    def serve(sock):
        with contextlib.suppress(OSError), sock:
            first = sock.recv(len(b"PROXY UNKNOWN\r\n"), socket.MSG_WAITALL)
            seen.append(first)
            if first == b"PROXY UNKNOWN\r\n":
                tls.wrap_socket(sock, server_side=True).close()

    def accept(listening):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        group = {"members": [url], "proxy_protocol": "v1", "tls": {"ca": str(made.file)},
                 "probe": {"kind": "tcp", "interval": "100ms"}}
        with Node(tmp_path, settings(url, upstreams={"site": group})) as node:
            until(lambda: node.metric("cairn_probes_total") >= 2)
            assert node.metric("cairn_probe_failures_total") == 0
            assert set(seen) == {b"PROXY UNKNOWN\r\n"}
        listening.shutdown(socket.SHUT_RDWR)


def test_client_told_of_is_told_on(tmp_path):
    conf = {"listeners": listener(proxy_protocol_from=["127.0.0.1"])}
    with Telling(1) as origin, Node(tmp_path, settings(origin.url, upstreams=upstream(origin.url, "v1"), **conf)) as node:
        with node.dial() as wire:
            wire.send(v2(1, 0x21, SIX))
            wire.ask()
        with node.dial() as wire:
            wire.send(v2(0, 0))
            port = wire.sock.getsockname()[1]
            wire.ask()
        assert origin.headers == [b"PROXY TCP6 2001:db8::1 2001:db8::2 5 443\r\n",
                                  f"PROXY TCP4 127.0.0.1 127.0.0.1 {port} {node.port}\r\n".encode()]


# ---- others ----

@contextlib.contextmanager
def running(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: process.poll() is not None or accepts(port))
        assert process.poll() is None, process.stderr.read()
        yield
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def haproxy(tmp, port, server, bind=""):
    conf = tmp / "haproxy.cfg"
    conf.write_text(f"""
global
    maxconn 100
defaults
    mode http
    timeout connect 10s
    timeout client 30s
    timeout server 30s
    http-reuse never
frontend in
    bind 127.0.0.1:{port} {bind}
    http-response set-header Seen %[src]:%[src_port]
    default_backend out
backend out
    server one {server}
""")
    return running(["haproxy", "-db", "-f", conf], port)


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,authority"])
def test_haproxy_tells(tmp_path, how):
    with held_port() as port, Origin(told) as origin, Node(tmp_path, settings(origin.url, listeners=listener(proxy_protocol_from=["127.0.0.1"]))) as node:
        with haproxy(tmp_path, port, f"127.0.0.1:{node.port} {how}"):
            with dial(port, source="127.0.0.7") as wire:
                assert wire.ask().body == b"127.0.0.7"
        assert node.metric("cairn_proxy_headers_refused_total") == 0


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_haproxy_is_told(tmp_path, version):
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(held_port())
        url = f"http://127.0.0.1:{port}"
        origin = stack.enter_context(Origin(told))
        node = stack.enter_context(Node(tmp_path, settings(url, upstreams=upstream(url, version))))
        with haproxy(tmp_path, port, f"127.0.0.1:{origin.port}", bind="accept-proxy"):
            with node.dial(source="127.0.0.7") as wire:
                seen = wire.ask()["Seen"]
                assert seen == f"127.0.0.7:{wire.sock.getsockname()[1]}"


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_nginx_is_told(tmp_path, version):
    with held_port() as port:
        nginx_is_told(tmp_path, version, port)


def nginx_is_told(tmp_path, version, port):
    url = f"http://127.0.0.1:{port}"
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"""
pid {tmp_path}/nginx.pid;
daemon off;
master_process off;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {tmp_path}/t1; proxy_temp_path {tmp_path}/t2; fastcgi_temp_path {tmp_path}/t3;
    uwsgi_temp_path {tmp_path}/t4; scgi_temp_path {tmp_path}/t5;
    server {{
        listen 127.0.0.1:{port} proxy_protocol;
        location / {{ return 200 "$proxy_protocol_addr:$proxy_protocol_port"; }}
    }}
}}
""")
    with Node(tmp_path, settings(url, upstreams=upstream(url, version))) as node:
        with running(["nginx", "-p", tmp_path, "-c", conf], port):
            with node.dial(source="127.0.0.7") as wire:
                assert wire.ask().body.decode() == f"127.0.0.7:{wire.sock.getsockname()[1]}"
