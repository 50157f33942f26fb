"""cairn demo: all scenes come out, the three moments are those of the trail's contract, and nothing is left behind."""
import os
import pathlib
import pty
import re
import signal
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = pathlib.Path(os.environ.get("CAIRN", ROOT / "build/cairn")).resolve()
LIMIT_S = 60

SHIELD, EDGE = "proxy.domain.tld", "proxy.local"
FIELDS = ("X-Cache", "X-Cache-Lookup", "X-Cache-Hits", "X-Cache-Miss-From")
MOMENTS = {
    "1. First visit": (f"HIT from {SHIELD}, MISS from {EDGE}", f"HIT from {SHIELD}:3128, MISS from {EDGE}:3128", "1, 0", EDGE),
    "2. The client reloads": (f"MISS from {SHIELD}, MISS from {EDGE}", f"HIT from {SHIELD}:3128, HIT from {EDGE}:3128", "0, 0",
                              SHIELD),
    "3. Again, with an empty browser cache": (f"MISS from {SHIELD}, HIT from {EDGE}",
                                              f"HIT from {SHIELD}:3128, HIT from {EDGE}:3128", "0, 1", "(not there)"),
}


def processes_that_name(path):
    """Whose command line has it: the nodes name their files."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(path).encode() in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            pass  # it has ended meanwhile
    return found


@pytest.fixture
def tmp(tmp_path):
    yield tmp_path
    assert not processes_that_name(tmp_path)


def environment(tmp, **more):
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**kept, "TMPDIR": str(tmp), "TERM": "xterm", **more}


def begin(tmp, *options):
    return subprocess.Popen([CAIRN, "demo", *options], env=environment(tmp), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("demo")
    done = subprocess.run([CAIRN, "demo"], env=environment(tmp), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert not list(tmp.iterdir())
    assert not processes_that_name(tmp)
    return done.stdout


def block(told, title):
    """The lines between a title and the next empty line behind its first field."""
    return told.split(f"\n{title}\n", 1)[1].split("\n\n", 2)[1]


def scenes(told):
    """(reason, its lines) of the second part, in order."""
    part = told.split("-- The reasons -", 1)[1].split("\n  Not shown", 1)[0]
    return re.findall(r"^  ([a-z-]+) +[A-Z].*\n((?:    .*\n)+)", part, re.M)


def all_reasons():
    rows = (ROOT / "src/tbl/reasons.def").read_text()
    return set(re.findall(r'^REASON\(\w+, *"([a-z-]+)"', rows, re.M))


@pytest.mark.parametrize("title", MOMENTS)
def test_a_moment_is_told_exactly(told, title):
    lines = block(told, title).splitlines()
    values = {line.split()[0]: line[21:] for line in lines if re.match("  X-", line)}
    assert tuple(values[name] for name in FIELDS) == MOMENTS[title]


def test_all_scenes_come_out(told):
    count = len(MOMENTS) + len(scenes(told))
    assert f"All {count} scenes came out as they should." in told
    assert "NOT AS EXPECTED" not in told


def test_each_reason_is_seen_in_the_trail(told):
    for reason, lines in scenes(told):
        assert "    request " in lines and "    response " in lines
        assert f"detail={reason}\n" in lines or f"Proxy-Status     {SHIELD}; error=" in lines, reason


def test_no_reason_is_forgotten(told):
    played = {reason for reason, _ in scenes(told)}
    others = told.split("\n  Not shown", 1)[1].split(".\n", 1)[0].split(": ", 1)[1]
    others = set(re.split(r",\s+", others))
    assert len(played) >= 23
    assert not played & others
    assert played | others == all_reasons()


def test_it_is_plain_and_narrow_where_no_terminal_is(told):
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) < 80


def on_a_terminal(tmp, **more):
    ours, its = pty.openpty()
    with subprocess.Popen([CAIRN, "demo"], env=environment(tmp, **more), stdin=subprocess.DEVNULL, stdout=its) as demo:
        os.close(its)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:
            pass  # how a terminal says that nobody writes to it any more
        assert demo.wait(LIMIT_S) == 0
    os.close(ours)
    return text.decode()


def test_a_terminal_gets_colours_unless_told_otherwise(tmp):
    assert "\x1b[32mHIT\x1b[0m from" in on_a_terminal(tmp)
    assert "\x1b" not in on_a_terminal(tmp, NO_COLOR="1")


def read_until(stream, text):
    so_far = ""
    for line in stream:
        so_far += line
        if text in line:
            return so_far
    raise AssertionError(f"no {text!r} in: {so_far}")


def last_x_cache(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        answer.read()
        return answer.headers["X-Cache"].split(", ")[-1]


def test_kept_it_serves_until_it_is_told_to_stop(tmp):
    with begin(tmp, "--keep") as demo:
        told = read_until(demo.stdout, "until Ctrl-C")
        edge = re.search(r"^  edge +(127\.0\.0\.1:\d+), admin port 127\.0\.0\.1:\d+$", told, re.M)[1]
        assert last_x_cache(f"http://{edge}/kept") == f"MISS from {EDGE}"
        assert last_x_cache(f"http://{edge}/kept") == f"HIT from {EDGE}"
        demo.send_signal(signal.SIGINT)
        assert demo.wait(LIMIT_S) == 0
        assert demo.stderr.read() == ""
    assert not list(tmp.iterdir())


@pytest.mark.parametrize("wait_s", (0, 0.03, 0.3))
def test_stopped_midway_it_cleans_up(tmp, wait_s):
    with begin(tmp) as demo:
        while not list(tmp.iterdir()):
            time.sleep(0.005)
        time.sleep(wait_s)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(LIMIT_S) == 1
        assert demo.stderr.read() == ""
    assert not list(tmp.iterdir())


def test_its_nodes_do_not_outlive_it(tmp):
    with begin(tmp, "--keep") as demo:
        read_until(demo.stdout, "until Ctrl-C")
        assert len(processes_that_name(tmp)) == 2
        demo.kill()
        demo.wait(LIMIT_S)
    for _ in range(1000):
        if not processes_that_name(tmp):
            return
        time.sleep(0.02)
    raise AssertionError("its nodes still run")


def test_a_node_that_ends_is_noticed(tmp):
    with begin(tmp, "--keep") as demo:
        read_until(demo.stdout, "until Ctrl-C")
        os.kill(int(processes_that_name(tmp)[0]), signal.SIGKILL)
        assert demo.wait(LIMIT_S) == 1
        assert "a node has ended" in demo.stderr.read()
    assert not list(tmp.iterdir())


def test_what_keeps_it_from_starting_is_said(tmp):
    with begin(tmp / "nowhere") as demo:
        assert demo.wait(LIMIT_S) == 1
        assert f"cairn demo: {tmp}/nowhere/cairn-demo-" in demo.stderr.read()
