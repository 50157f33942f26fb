"""What an operator does to a running node: reload, reopen its logs, drain, stop; and what it says about itself."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading

import pytest

from rig import CAIRN, ROOT, Node, Origin, dial, fresh, settings, until


class Gate:
    """An origin whose /held answers wait, half given, until they are let go."""

    def __init__(self):
        self.open = threading.Event()

    def __call__(self, wire, request):
        if not request.target.startswith("/held"):
            return fresh(wire, request)
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        self.open.wait()
        wire.send("after")
        return True


@pytest.fixture
def gate():
    answer = Gate()
    with Origin(answer) as origin:
        origin.gate = answer
        yield origin
        answer.open.set()


def shows(conf, value):
    """The same, with a field in each response that tells one configuration from another."""
    conf = json.loads(conf)
    conf["routes"][0]["response_fields"] = {"set": [f"X-Configuration: {value}"]}
    return json.dumps(conf)


# ---- reload ----

@pytest.mark.parametrize("how", ("signal", "order"))
def test_a_reload_keeps_store_connections_and_requests(tmp_path, gate, how):
    with Node(tmp_path, shows(settings(gate.url), "old")) as node, node.dial() as wire, node.dial() as held:
        assert wire.ask("/stored")["X-Cache"] == "MISS from edge-1"
        held.say("/held")
        assert held.head()["X-Configuration"] == "old"
        assert held.take(5) == b"first"
        changed = shows(settings(gate.url), "new")
        if how == "signal":
            node.file.write_text(changed)
            node.signal(signal.SIGHUP)
            node.hears("cairn: the new configuration is in force\n")
        else:
            answer = node.reload(changed)
            assert answer.status == 200
            assert answer.body.endswith(b"\nThe new configuration is in force.\n")
        until(lambda: node.ask("/stored")["X-Configuration"] == "new")
        again = wire.ask("/stored")
        assert (again["X-Cache"], again.body) == ("HIT from edge-1", b"body of /stored")
        gate.gate.open.set()
        assert held.take(5) == b"after"
        assert held.ask("/stored")["X-Configuration"] == "new"
        assert node.metric("cairn_client_connections_total") < 20
        assert len(gate.requests) == 2


BAD = [
    ('{"listeners": 1}', r"cairn\.yaml:1:15: listeners: "),
    ("nodes: {}\n", r"cairn\.yaml:1:1: nodes: unknown setting; did you mean \"node\"\?"),
    ("listeners: [\n", r"cairn\.yaml:2:1: "),
    ("", r"cairn\.yaml: listeners: none: a node must listen somewhere"),
    (None, r"cairn\.yaml: cannot be opened: No such file or directory"),
]


@pytest.mark.parametrize("text,says", BAD)
def test_a_bad_file_is_refused_and_the_old_one_stays(tmp_path, gate, text, says):
    with Node(tmp_path, shows(settings(gate.url), "old")) as node, node.dial() as wire:
        wire.ask("/stored")
        if text is None:
            node.file.unlink()
        else:
            node.file.write_text(text)
        answer = node.order("/v1/reload", "POST")
        assert answer.status == 422
        assert re.search(says, answer.body.decode())
        assert answer.body.endswith(b"The old configuration is in force.\n")
        node.signal(signal.SIGHUP)
        node.hears(says)
        node.hears("cairn: the old configuration stays in force\n")
        for answer in (wire.ask("/stored"), node.ask("/stored")):
            assert (answer["X-Cache"], answer["X-Configuration"]) == ("HIT from edge-1", "old")


def test_a_log_that_cannot_be_opened_is_a_bad_file_too(tmp_path, gate):
    with Node(tmp_path, shows(settings(gate.url), "old")) as node:
        answer = node.reload(shows(settings(gate.url, logs=[{"file": str(tmp_path / "none" / "log")}]), "new"))
        assert answer.status == 422
        assert b"none/log: No such file or directory" in answer.body
        assert node.ask()["X-Configuration"] == "old"


def test_what_only_a_start_can_change_is_said(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node:
        answer = node.reload(settings(gate.url, store={"memory": "64M"}, listeners=[{"address": "127.0.0.1:1"}]))
        assert answer.status == 200
        assert re.search(rb"warning: store\.memory: takes effect at the next start", answer.body)
        assert re.search(rb"warning: listeners: takes effect at the next start", answer.body)
        assert node.ask().status == 200


def test_limits_of_upstream_connections_are_reloaded(tmp_path):
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, node={"workers": 1})) as node:
        for i in range(3):
            node.ask(f"/{i}")
        assert origin.connections == 1
        node.reload(settings(origin.url, node={"workers": 1}, limits={"idle_upstream": 0}))
        until(lambda: [node.ask(f"/wait/{len(origin.requests)}")] and origin.connections > 3)


def test_members_are_known_after_a_reload(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node:
        node.ask("/1")
        node.ask("/2")
        assert node.metric("cairn_upstream_requests_total") == 2
        node.reload(settings([gate.url, "http://127.0.0.1:1"]))
        assert node.metric("cairn_upstream_requests_total", member=f"127.0.0.1:{gate.port}") == 2


# ---- the end ----

def refused(port):
    """Whoever is still shaking hands when the socket is closed is reset by the kernel: that is not yet a refusal."""
    try:
        dial(port).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_a_drain_lets_what_runs_come_to_its_end(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node, node.dial() as idle, node.dial() as held:
        idle.ask("/stored")
        held.say("/held")
        held.head()
        assert node.order("/readyz").status == 200
        node.signal(signal.SIGTERM)
        until(refused, node.port)
        assert idle.ended()
        assert node.order("/readyz").status == 503
        assert node.order("/healthz").status == 200
        assert node.told("/v1/status")["state"] == "draining"
        assert node.metric("cairn_draining") == 1
        gate.gate.open.set()
        assert held.take(10) == b"firstafter"
        assert held.ended()
        assert node.ends() == 0


def test_a_request_that_has_begun_to_come_is_answered(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node, node.dial() as wire:
        wire.send("GET /late HTTP/1.1\r\nHost: ")
        until(lambda: node.metric("cairn_client_connections") == 1)
        wire.send("a")
        node.signal(signal.SIGTERM)
        until(refused, node.port)
        wire.send("\r\n\r\n")
        answer = wire.response()
        assert (answer.status, answer["Connection"]) == (200, "close")
        assert wire.ended()
        assert node.ends() == 0


def test_a_request_that_nobody_has_looked_at_is_answered(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node, node.dial() as kept:
        kept.ask("/stored")
        node.signal(signal.SIGSTOP)
        wires = [kept] + [node.dial() for _ in range(100)]
        for wire in wires:
            wire.say("/stored")
        node.signal(signal.SIGTERM)
        node.signal(signal.SIGCONT)
        for wire in wires:
            assert wire.response().status == 200
            assert wire.ended()
            wire.close()
        assert node.ends() == 0


def test_a_drain_has_a_limit(tmp_path, gate):
    with Node(tmp_path, settings(gate.url, timeouts={"drain": "200ms"})) as node, node.dial() as held:
        held.say("/held")
        held.head()
        held.take(5)
        node.signal(signal.SIGTERM)
        assert node.ends() == 0
        assert held.ended()


@pytest.mark.parametrize("second", (signal.SIGTERM, signal.SIGINT))
def test_a_second_signal_ends_it_now(tmp_path, gate, second):
    with Node(tmp_path, settings(gate.url, timeouts={"drain": "1d"})) as node, node.dial() as held:
        held.say("/held")
        held.head()
        held.take(5)
        node.signal(signal.SIGTERM)
        until(refused, node.port)
        node.signal(second)
        assert node.ends() == 0
        assert held.ended()


def test_signals_at_the_very_end_do_no_harm(tmp_path, gate):
    for _ in range(10):
        with Node(tmp_path, settings(gate.url)) as node:
            while node.process.poll() is None:
                node.signal(signal.SIGTERM)
            assert node.ends() == 0


# ---- whom it is ----

@pytest.fixture
def open_path():
    """A folder that every user may look into."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_becomes_the_user_once_all_is_bound(open_path, gate):
    log = open_path / "access.log"
    conf = {"logs": [{"file": str(log)}], "node": {"user": "nobody"}}
    with Node(open_path, settings(gate.url, **conf)) as node:
        for status in pathlib.Path(f"/proc/{node.process.pid}/task").glob("*/status"):
            text = status.read_text()
            assert re.search(r"Uid:\s+65534\s+65534\s+65534\s+65534\n", text)
            assert re.search(r"Groups:\s*(65534 ?)?\n", text)
        node.ask()
        until(lambda: log.read_text().count("\n") == 1)
        # It goes on with a file that it could not open any more.
        log.chmod(0o600)
        assert node.reload(settings(gate.url, **conf)).status == 200
        node.signal(signal.SIGUSR1)
        node.hears("is not opened anew: Permission denied")
        node.ask()
        until(lambda: log.read_text().count("\n") == 2)


def fails(*arguments, conf=None, tmp=None):
    """What a start says that fails."""
    if conf is not None:
        (tmp / "cairn.yaml").write_text(conf)
        arguments = ("-c", tmp / "cairn.yaml", *arguments)
    done = subprocess.run([CAIRN, "serve", *arguments], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    return done.stderr


def test_a_user_that_is_not_there_is_said(tmp_path):
    assert "node.user: there is no such user" in fails(conf=settings("http://127.0.0.1:1", node={"user": "no-such-user"}),
                                                       tmp=tmp_path)


def test_a_check_shows_whom_a_route_asks():
    file = ROOT / "examples/siblings/cache-1.yaml"
    done = subprocess.run([CAIRN, "check", "-c", file], capture_output=True, text=True, timeout=30, check=True)
    assert "* / -> beside, sibling at 127.0.0.1:8090, else site, origin at 127.0.0.1:8000\n" in done.stdout
    assert "answers   HTCP at :4827, digests\n" in done.stdout


def test_ports_that_are_taken_are_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        says = fails("--listen", address, "--origin", "http://127.0.0.1:1")
        assert f"listeners[0].address: {address}: Address already in use; stop what listens there" in says
        says = fails("--listen", "127.0.0.1:0", "--origin", "http://127.0.0.1:1", "--admin", address)
        assert f"admin.address: {address}: Address already in use; stop what listens there" in says


def test_nodes_side_by_side_need_no_admin_port(tmp_path, gate):
    flags = ("--listen", "127.0.0.1:0", "--origin", gate.url, "--log", "off", "--workers", "1", "--memory", "64M")
    with Node(tmp_path, flags=flags) as one, Node(tmp_path, flags=flags) as other:
        assert one.admin != other.admin
        assert one.ask("/1").status == other.ask("/1").status == 200
        for node in (one, other):
            assert node.order("/readyz").status == 200
            assert node.metric("cairn_fetches_total") == 1


def test_descriptors_are_raised_and_reported(tmp_path, gate):
    before = ("sh", "-c", 'ulimit -S -n 100; ulimit -H -n 300; exec "$0" "$@"')
    with Node(tmp_path, settings(gate.url), before=before) as node:
        node.hears(" 300 descriptors\n")
        assert node.metric("process_max_fds") == 300


# ---- what it says of itself ----

@pytest.mark.parametrize("prefault", (False, True))
def test_the_stores_memory_is_taken_when_it_is_wanted(tmp_path, gate, prefault):
    """Under a sanitizer a process is larger by what that takes, which is the same for both."""
    store = {"memory": "64M", "prefault": prefault}
    with Node(tmp_path, settings(gate.url, store={"memory": "8M"})) as small:
        least = small.resident()
    with Node(tmp_path, settings(gate.url, store=store)) as node:
        assert node.ask("/stored").body == b"body of /stored"
        assert (node.resident() - least > 48 << 20) == prefault


def test_explain_foretells_what_happens(tmp_path, gate):
    with Node(tmp_path, settings(gate.url)) as node:
        page = "/v1/explain?url=http://a.example/page"
        told = node.told(page)
        assert (told["lookup"], told["action"], told["reason"], told["served"]) == ("MISS", "fetch", "never-seen", "MISS")
        assert not gate.requests
        assert "detail=never-seen" in node.ask("/page")["Cache-Status"]
        told = node.told(page)
        assert (told["lookup"], told["action"], told["served"], told["stored"]["status"]) == ("HIT", "deliver", "HIT", 200)
        assert node.ask("/page")["X-Cache-Hits"] == "1"
        told = node.told(page + "&header=Cache-Control:no-cache")
        assert (told["action"], told["reason"]) == ("fetch", "reload")
        answer = node.order("/v1/purge?url=http://a.example/page", "POST")
        assert json.loads(answer.body)["variants"] == 1
        assert node.told(page)["reason"] == "purged"
        assert "detail=purged" in node.ask("/page")["Cache-Status"]


def test_status_and_metrics_tell_of_the_same_node(tmp_path, gate):
    with Node(tmp_path, settings(gate.url, trail={"token": "hush"})) as node, node.dial() as wire:
        wire.ask("/page")
        wire.ask("/page")
        until(lambda: node.metric("cairn_requests_total") == 2)
        status = node.told("/v1/status")
        assert (status["node"], status["state"], status["workers"]) == ("edge-1", "ready", 2)
        assert status["store"]["entries"] == node.metric("cairn_store_entries") == 1
        assert node.metric("cairn_requests_total", served="hit", reason="fresh") == 1
        assert node.metric("cairn_requests_total", served="miss", reason="never-seen") == 1
        assert node.metric("cairn_request_duration_seconds_count") == 2
        assert node.metric("cairn_upstream_duration_seconds_count") == 1
        assert node.metric("cairn_client_connections") == 1
        member = status["upstreams"][0]["members"][0]
        assert (member["member"], member["requests"], member["responses"]["2xx"]) == (f"127.0.0.1:{gate.port}", 1, 1)
        assert node.metric("cairn_upstream_responses_total", **{"class": "2xx"}) == 1
        assert node.metric("cairn_client_sent_bytes_total") > 2 * len("body of /page")
        config = node.told("/v1/config")
        assert [member["url"] for member in config["upstreams"]["site"]["members"]] == [gate.url]
        assert config["trail"]["token"] == "(set)"


# ---- who may give orders ----

def test_a_forward_proxy_is_no_way_to_the_admin_port(tmp_path):
    conf = json.loads(settings())
    conf["listeners"][0]["mode"] = "forward"
    with Node(tmp_path, json.dumps(conf)) as node:
        for method, target in (("GET", "/v1/config"), ("GET", "/metrics"), ("POST", "/v1/purge-all")):
            with node.dial() as wire:
                answer = wire.ask(f"http://127.0.0.1:{node.admin}{target}", method=method, host=f"127.0.0.1:{node.admin}")
            assert answer.status == 403
            assert b"through a proxy" in answer.body
        with node.dial() as wire:
            assert wire.ask(f"127.0.0.1:{node.admin}", method="CONNECT").status == 403
        assert node.metric("cairn_purge_orders_total") == 0
