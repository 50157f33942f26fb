"""The bench's own logic: how it sums up, what it writes, and whether its tools tell right from wrong. Nothing is timed."""
import json
import os
import pathlib
import runpy
import subprocess
import sys
import threading
import xml.etree.ElementTree
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from lib import cases_http, cases_trace, picture, processes, report, servers, stats  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("CAIRN", ROOT / "build/cairn")).parent / "bench"
SVG = "{http://www.w3.org/2000/svg}"

CHECK = runpy.run_path(str(ROOT / "bench/micro/check"))


# ---- figures ----

@pytest.mark.parametrize("values, told", [
    ([3], {"median": 3, "least": 3, "most": 3}),
    ([5, 1, 2], {"median": 2, "least": 1, "most": 5}),
    ([4, None, 2], {"median": 3, "least": 2, "most": 4}),
    ([None], None),
    ([], None),
])
def test_spread(values, told):
    assert stats.spread(values) == told


def test_ratios_are_taken_round_by_round():
    """The second round was disturbed, for both alike."""
    ours = [{"cpu_us": 1}, {"cpu_us": 10}, {"cpu_us": 2}]
    theirs = [{"cpu_us": 2}, {"cpu_us": 20}, {"cpu_us": 4}]
    assert stats.ratios(ours, theirs, "cpu_us") == {"median": 0.5, "least": 0.5, "most": 0.5}


@pytest.mark.parametrize("theirs", [[], [{"cpu_us": None}], [{"cpu_us": 0}]])
def test_no_ratio_of_nothing(theirs):
    assert stats.ratios([{"cpu_us": 1}], theirs, "cpu_us") is None


def test_everybody_begins_a_round_in_turn():
    assert list(stats.alternated(["a", "b", "c"], 4)) == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]
    assert list(stats.alternated([], 2)) == [[], []]


# ---- what is written ----

def result(**rounds):
    case = SimpleNamespace(name="hit", title="a <hit>", figure="cpu_us", unit="µs", more_is_better=False)
    kinds = [SimpleNamespace(name=name, title=name.title()) for name in ("cairn", "nginx", "squid")]
    return report.result(case, kinds, {name: [{"cpu_us": v, "busy": 0.5} for v in values] for name, values in rounds.items()})


def test_table():
    assert report.table(result(cairn=[1, 2, 3], nginx=[4, 4, 4])).splitlines()[2:] == [
        "| server | CPU µs | core busy | Cairn ÷ it, µs (less is better) |",
        "|---|---|---|---|",
        "| Cairn | 2.00 | 50% |  |",
        "| Nginx | 4.00 | 50% | 0.50 (0.25 to 0.75) |",
        "| Squid | - | - |  |",
    ]


def test_picture_has_a_bar_for_each_server_that_was_measured():
    drawn = xml.etree.ElementTree.fromstring(picture.draw([result(cairn=[1, 2, 3], nginx=[4, 4, 4]), result()]))
    bars = {bar.get("class").strip(): float(bar.get("width")) for bar in drawn.iter(SVG + "rect")}
    assert bars == {"bar own": pytest.approx(bars["bar"] / 2, abs=0.1), "bar": bars["bar"]}
    assert "a <hit>" in [t.text for t in drawn.iter(SVG + "text")]


def test_json_can_be_read():
    told = json.loads(report.as_json({"cores": 2}, [{"case": "a", "µs": 1 / 3}, {"case": "b"}]))
    assert told == {"about": {"cores": 2}, "results": [{"case": "a", "µs": 0.333333}, {"case": "b"}]}
    assert json.loads(report.as_json({}, [])) == {"about": {}, "results": []}


def test_numbers_are_rounded_wherever_they_are():
    assert report.rounded({"a": [{"b": 1 / 3, "c": None}], "d": 1234567, "e": "0.123456789"}) == {
        "a": [{"b": 0.333333, "c": None}], "d": 1234567, "e": "0.123456789"}


# ---- servers ----

@pytest.mark.parametrize("folder", sorted(servers.PEERS.iterdir()), ids=lambda f: f.name)
@pytest.mark.parametrize("log", [False, True])
def test_configurations_name_what_there_is(folder, log, monkeypatch):
    kind = servers.Kind(folder.name, "/usr/bin/true")
    monkeypatch.setattr(kind, "copied", [])  # it need not be installed
    server = servers.Server(kind, SimpleNamespace(port=1234), [0], log=log)
    try:
        server.lay_out()
        texts = [f.read_text() for f in server.folder.iterdir() if f.is_file()] + [server.filled(kind.command)]
        assert any("1234" in str(text) for text in texts) or kind.cases and "bench_origin" in kind.command[0]
        assert set(kind.cases or []) <= {case.name for case in cases_http.CASES}
        assert not any("@" in str(text) for text in texts)
    finally:
        server.__exit__()
    assert not server.folder.exists()


def test_a_family_is_all_who_descend():
    with subprocess.Popen(["sh", "-c", "sh -c 'echo; read x; :'; :"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        shell.stdout.readline()  # the inner one runs
        assert len(processes.family(shell.pid)) == 2 and processes.resident(processes.family(shell.pid)) > 0
        shell.stdin.close()


# ---- a trace ----

@pytest.mark.parametrize("seen, setting", [
    ([], 1000),
    ([(1000, 2000)], 487),                # half of it, and a little less
    ([(1000, 990)], 1000),                # near enough
    ([(1000, 1500), (500, 1000)], 500),   # likewise
    ([(1000, 1500), (600, 1100)], 475),   # 500 is taken whatever the setting
    ([(1000, 1000.1), (990, 1000.1)], 889),  # nothing seems to help: not all at once
])
def test_next_setting(seen, setting, monkeypatch):
    monkeypatch.setattr(cases_trace, "LEAST", 1)
    assert cases_trace.next_setting(seen, 1000) == setting


def test_least_setting_is_tried_once():
    least = cases_trace.LEAST
    assert cases_trace.next_setting([(4 * least, 90 * least)], 4 * least) == least
    assert cases_trace.next_setting([(4 * least, 90 * least), (least, 80 * least)], 4 * least) == least


def test_stretches_leave_out_nothing(tmp_path):
    trace = tmp_path / "trace"
    trace.write_text("0 a 10\n1 b 10\n2 c 25\n3 d 1\n")
    parts = list(cases_trace.stretches(trace, 20))
    assert parts == [["0 a 10\n", "1 b 10\n"], ["2 c 25\n"], ["3 d 1\n"]]


# ---- the origin, and who walks a trace ----

@pytest.fixture
def origin():
    started = servers.Origin(TOOLS / "bench_origin", sorted(os.sched_getaffinity(0)))
    yield started
    started.stop()


@pytest.mark.parametrize("target, size, control", [
    ("/keep/0/none", 0, "max-age=36000"), ("/keep/7/cut-short", 7, "max-age=36000"), ("/keep/1000/a", 1000, "max-age=36000"),
    ("/keep/3000000/large", 3000000, "max-age=36000"), ("/pass/1000/b", 1000, "no-store"),
])
def test_origin(origin, target, size, control):
    status, fields, body = servers.get(origin.port, target)
    assert (status, fields["Cache-Control"], body) == (200, control, servers.body_of(target, size))
    assert origin.count() == 1


def test_origin_knows_nothing_else(origin):
    assert servers.get(origin.port, "/other")[0] == 404 and origin.count() == 0


def walk(port, trace):
    return subprocess.run([TOOLS / "bench_walk", str(port), "/dev/stdin"], input=trace, capture_output=True, text=True, check=False)


def test_walk(origin):
    done = walk(origin.port, "0 a 1000\n1 /b/c 2500000\n2 a 1000\n3 empty 0\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "4\n", "") and origin.count() == 4


@pytest.mark.parametrize("status, body, said", [
    (200, b"/keep/9/x/keep/9/x", "more than 9 bytes"), (200, b"/keep/", "ends early"), (200, b"-keep/9/x", "byte 0"),
    (503, b"/keep/9/x", "503"),
])
def test_walk_sees_what_is_wrong(status, body, said):
    class Liar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.close_connection = True
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Liar) as liar:
        thread = threading.Thread(target=liar.handle_request)
        thread.start()
        done = walk(liar.server_port, "0 x 9\n")
        thread.join()
    assert done.returncode == 1 and said in done.stderr


def test_walk_refuses_what_is_no_trace(origin):
    assert walk(origin.port, "0 a 10\nnonsense\n 5 x").returncode == 1


# ---- instructions beside those recorded ----

@pytest.mark.parametrize("now, was, fails", [
    (100, 100, False),
    (110, 100, False),
    (111, 100, True),
    (50, 100, False),
    (100, None, True),
])
def test_what_has_become_dearer_fails(now, was, fails):
    lines, dearer = CHECK["compare"]({"key": now}, {} if was is None else {"key": was})
    assert dearer == (["key"] if fails else [])
    assert lines[0].startswith("FAIL key: " if fails else "ok   key: ")


def test_each_case_is_recorded():
    assert json.loads(CHECK["RECORDED"].read_text()).keys() == CHECK["CASES"].keys()
