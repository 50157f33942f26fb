"""cairn explain URL: what is asked, of whom, how often; redirects; and what is said where nothing comes."""
import json
import os
import socket
import subprocess

import pytest
from rig import CAIRN, Node, Origin, fresh, respond, settings

LIMIT_S = 60


def run(*arguments, **environment):
    quiet = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run([CAIRN, "explain", *arguments], capture_output=True, text=True, timeout=LIMIT_S,
                          env={**quiet, **environment})


def responses(*arguments, status=0):
    done = run("--json", *arguments)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)["responses"]


@pytest.fixture
def node(tmp_path):
    """A cold cache in front of an origin, with the origin."""
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url)) as one:
        yield one, origin


def flat(text):
    return " ".join(text.split())


def test_each_time_on_a_connection_of_its_own(node):
    one, origin = node
    done = run("--repeat", "3", f"http://127.0.0.1:{one.port}/a")
    assert done.returncode == 0, done.stderr
    assert "Cold, then warm: the first came from further back, the 2 after it from caches." in flat(done.stdout)
    assert len(origin.requests) == 1 and one.metric("cairn_client_connections_total") >= 3


def test_several_nodes_behind_one_name(tmp_path):
    """Each asking is a connection of its own, to the next of the name's addresses."""
    with Origin(fresh) as origin:
        listeners = [{"address": "127.0.0.1:0"}]
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        with Node(tmp_path / "a", settings(origin.url, node={"name": "node-a"}, listeners=listeners)) as a:
            other = [{"address": f"127.0.0.2:{a.port}"}]
            with Node(tmp_path / "b", settings(origin.url, node={"name": "node-b"}, listeners=other)):
                done = run("--repeat", "4", "--resolve", f"nodes.example:{a.port}:127.0.0.1,127.0.0.2",
                           f"http://nodes.example:{a.port}/")
                assert done.returncode == 0, done.stderr
                told = flat(done.stdout)
                assert "Cold, then warm: the first 2 came from further back, the 2 after them from caches." in told
                assert "2 nodes answer behind this name, each with copies of its own: node-a, node-b." in told
                assert len(origin.requests) == 2


def test_redirects_are_told_one_by_one():
    def answer(wire, request):
        if request.target == "/old":
            return respond(wire, "", "Location: /new", "Cache-Control: max-age=60", status=301)
        return fresh(wire, request)

    with Origin(answer) as origin:
        told = responses(f"{origin.url}/old")
        assert [(r["url"], r["status"]) for r in told] == [(f"{origin.url}/old", 301), (f"{origin.url}/new", 200)]


def test_the_request_is_what_was_asked_for():
    with Origin(fresh) as origin:
        responses("--ask", "--token", "the-token", "-H", "User-Agent:", "-H", "X-Mine: 1", "-H", "Host: other.example", f"{origin.url}/")
        request = origin.requests[0]
    assert request["Host"] == "other.example" and request["X-Mine"] == "1" and request["User-Agent"] is None
    assert request["Cairn-Trace"] == "the-token" and request["Fastly-Debug"] == "1" and request["X-LDebug"] == "2"
    assert request["Pragma"].split(", ")[0] == "akamai-x-cache-on" and request["Pragma"].endswith("azion-debug-cache")


def test_without_ask_caches_are_told_nothing():
    with Origin(fresh) as origin:
        responses("--token", "the-token", f"{origin.url}/")
        names = {line.split(":")[0].lower() for line in origin.requests[0].lines}
    assert names == {"host", "accept", "accept-encoding", "user-agent"}


def test_it_asks_through_a_proxy():
    with Origin(fresh) as proxy:
        assert responses("--proxy", proxy.url, "http://site.example/a")[0]["status"] == 200
        assert proxy.requests[0].target == "http://site.example/a"
        assert run("http://site.example/b", http_proxy=proxy.url).returncode == 0
        assert proxy.requests[1].target == "http://site.example/b"


# ---- what does not come ----

@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The port of a server with a certificate that nobody has signed: of Python's, on a thread."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1", "-keyout",
                    folder / "key", "-out", folder / "certificate"], check=True, capture_output=True, timeout=LIMIT_S)
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-key", folder / "key", "-cert",
                               folder / "certificate", "-www"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = next(line for line in server.stdout if line.startswith("ACCEPT"))
    yield int(line.rsplit(":", 1)[1])
    server.kill()
    server.wait()


def not_http(wire, _request):
    wire.send("SSH-2.0-OpenSSH_9.2\r\n")
    return False


def failed(*arguments):
    done = run(*arguments)
    assert done.returncode == 3 and done.stdout == "", (done.returncode, done.stdout)
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_failures_are_told_apart(secure):
    with socket.socket() as deaf, Origin(not_http) as other:
        deaf.bind(("127.0.0.1", 0))
        assert "no connection came about" in failed(f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        assert "the name cannot be found" in failed("http://" + 64 * "a" + ".example/")
        assert "what came is not HTTP" in failed(other.url)
    said = failed(f"https://127.0.0.1:{secure}/")
    assert "TLS failed" in said and "self-signed certificate" in said


@pytest.mark.parametrize("arguments", [["ftp://a.example/"], ["http://"], ["-H", "no field", "http://a.example/"],
                                       ["--resolve", "a.example:80", "http://a.example/"], ["--repeat", "0", "http://a.example/"]])
def test_what_makes_no_sense_is_refused(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_a_body_that_is_cut_is_told_and_the_head_explained():
    def cut(wire, _request):
        wire.send("HTTP/1.1 200 OK\r\nX-Cache: HIT from edge-1\r\nContent-Length: 100\r\n\r\nnot all")
        return False

    with Origin(cut) as origin:
        done = run("--json", f"{origin.url}/")
        assert done.returncode == 3 and "the connection was cut" in done.stderr
        assert json.loads(done.stdout)["responses"][0]["tiers"][0]["node"] == "edge-1"
