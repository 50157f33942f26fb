"""cairn explain: what it says, in every form, of what people have; and what it says of what cannot be read."""
import fcntl
import json
import os
import pathlib
import pty
import re
import socket
import struct
import subprocess
import termios

import jsonschema
import pytest

import rig

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = rig.CAIRN
LIMIT_S = 60
SCHEMA = json.loads((ROOT / "docs/reference/explain.schema.json").read_text())
VECTORS = next((path for folder in ROOT.parents if (path := folder / "shared/facts/header-vectors.json").exists()), None)

FASTLY = b"""HTTP/1.1 200 OK
Date: Tue, 14 Nov 2023 22:13:20 GMT
Cache-Control: max-age=300, s-maxage=3600
ETag: "a"
Age: 540
X-Served-By: cache-iad2120-IAD, cache-fra1234-FRA
X-Cache: MISS, HIT
X-Cache-Hits: 0, 16

"""
PRIVATE = b"""HTTP/2 200
date: Tue, 14 Nov 2023 22:13:20 GMT
cache-control: private, max-age=60
cf-cache-status: DYNAMIC
cf-ray: 8a1b2c3d4e5f6071-AMS

"""


def explain(*arguments, given=b"", **more):
    """Runs it; a CompletedProcess with bytes."""
    return subprocess.run([CAIRN, "explain", *arguments], input=given, capture_output=True, timeout=LIMIT_S, **more)


def told(*arguments, given=b"", status=0):
    """The JSON document, which has to be of the published form."""
    done = explain("--json", *arguments, given=given)
    assert done.returncode == status, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    return document


def flat(text):
    """Without regard to where lines end."""
    return " ".join(text.split())


# ---- forms ----

def test_text_is_plain_where_it_is_piped():
    done = explain("-", given=FASTLY)
    text = done.stdout.decode("ascii")
    assert done.returncode == 0 and done.stderr == b""
    assert "\x1b" not in text and max(map(len, text.split("\n"))) <= 79
    assert re.match(r"-- line 1  200 OK -{60}-*\nAnswered by the edge in Frankfurt \(Fastly cache-fra1234-FRA\); ", text)
    for part in ("* HIT Fastly cache-fra1234-FRA, Frankfurt", "| used 16 times", "(when the copy was made)", "the origin, not asked",
                 "In a shared cache it is fresh for 1 hour. Cache-Control: s-maxage says it.", "(RFC 9111 5.2.2.10)"):
        assert part in flat(text), part


def test_several_responses_come_in_order():
    done = explain("-", given=PRIVATE + FASTLY)
    text = flat(done.stdout.decode())
    assert text.index("Cloudflare in Amsterdam passed the request on") < text.index("Answered by the edge in Frankfurt")
    assert "instead of private" in text


def test_json_is_of_the_published_form():
    document = told("-", given=FASTLY + PRIVATE)
    edge, shield = document["responses"][0]["tiers"]
    assert list(document) == ["version", "responses"]
    assert list(document["responses"][0]) == ["url", "status", "tiers", "verdict", "notes", "advice"]
    assert list(edge) == ["node", "vendor", "lookup", "served", "hits", "ttl", "age", "miss_from", "reason", "frozen", "evidence"]
    assert (edge["node"], edge["vendor"], edge["served"], edge["hits"], edge["frozen"]) == (
        "cache-fra1234-FRA", "fastly", "hit", 16, False)
    assert (shield["node"], shield["served"], shield["frozen"]) == ("cache-iad2120-IAD", "miss", True)
    assert document["responses"][0]["url"] is None and document["responses"][1]["status"] == 200
    assert document["responses"][1]["tiers"][0]["served"] == "bypass"


def test_markdown():
    done = explain("--markdown", "-", given=FASTLY)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "**Answered by the edge in Frankfurt (Fastly cache-fra1234-FRA); the origin was not asked.**" in text
    rows = [line for line in text.split("\n") if line.startswith("| Fastly")]
    assert len(rows) == 2 and all(row.count("|") == 10 for row in rows)


@pytest.mark.skipif(VECTORS is None, reason="the facts are not there: ../shared/facts/header-vectors.json")
def test_real_blocks_are_read_exactly():
    vectors = json.loads(VECTORS.read_text())
    given = "".join("HTTP/1.1 200 OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in v["headers"]) + "\r\n"
                    for v in vectors).encode()
    document = told("-", given=given)
    assert len(document["responses"]) == len(vectors)
    keys = ("node", "vendor", "lookup", "served", "hits", "miss_from")
    wrong = []
    for vector, response in zip(vectors, document["responses"]):
        want = [{**{k: t[k] for k in keys}, "frozen": t.get("frozen", False)} for t in vector["expect"]]
        got = [{**{k: t[k] for k in keys}, "frozen": t["frozen"]} for t in response["tiers"]]
        if want != got:
            wrong.append((vector["id"], want, got))
    assert not wrong


def test_table():
    text = explain("--table").stdout.decode()
    for x, lookup in (("HIT", "HIT"), ("MISS", "HIT"), ("MISS", "MISS"), ("MISS", "NONE"), ("HIT", "MISS"), ("HIT", "NONE")):
        assert f"X-Cache {x}, X-Cache-Lookup {lookup}\n" in text
    assert max(map(len, text.split("\n"))) <= 79
    pairs = json.loads(explain("--table", "--json").stdout)["pairs"]
    assert all(p["proves"] and p["does_not_prove"] and p["causes"] for p in pairs)
    markdown = explain("--table", "--markdown").stdout.decode().rstrip("\n").split("\n")
    assert len(markdown) == 2 + len(pairs) and all(line.count("|") == 6 for line in markdown)


# ---- terminals ----

def on_terminal(columns, given, **environment):
    """What a terminal of that width is sent."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    env = {**kept, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment}
    with subprocess.Popen([CAIRN, "explain", "-"], stdin=subprocess.PIPE, stdout=its, stderr=its, env=env) as process:
        os.close(its)
        process.stdin.write(given)
        process.stdin.close()
        sent = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            sent += piece
    os.close(ours)
    return sent.decode("utf-8", errors="surrogateescape").replace("\r\n", "\n")


COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("columns", (40, 80, 200))
def test_it_fits_the_terminal(columns):
    sent = on_terminal(columns, FASTLY + PRIVATE)
    assert "\x1b[1;32mHIT\x1b[0m" in sent and "│" in sent
    lines = COLOURS.sub("", sent).split("\n")
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= columns
    assert any("fresh for 1 hour. Cache-Control: s-maxage says it." in line for line in lines) == (columns >= 80)


def test_no_color_and_dumb_terminals():
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal(80, FASTLY, **environment)
    assert "\x1b[" in on_terminal(80, FASTLY, NO_COLOR="")


def test_lines_are_drawn_where_they_can_be_seen():
    given = "HTTP/1.1 200 OK\nX-Cache: HIT from \u015b\n\n".encode()  # its last byte is a C1 control
    sent = on_terminal(80, given, LC_ALL="C")
    assert sent.isascii() and "HIT from \\u015b" in sent and "\x1b[2m|\x1b[0m" in sent


# ---- hostile values ----

ESC = b"\x1b]0;owned\x07\x1b[2J\x1b[31m"
HOSTILE = (b"HTTP/1.1 200 OK\nX-Cache: HIT from " + ESC + b"a\nX-Served-By: \x9b31mC1 \xc2\x9b31m\nServer: \xe2\x80\xaeevil\n"
           b"CF-Cache-Status: HIT" + ESC + b"\nCache-Status: \"<script>alert(1)</script>\"; hit; detail=\"| x | [a](b) `\"\n"
           b"X-Cache-Miss-From: \xe2\x80\xaereversed\nVia: 1.1 <img src=x onerror=alert(1)>\x1b[5m\nVary: \x1b[1m, a`b\n\n")
BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def test_nothing_in_a_header_acts_on_a_terminal():
    for done in (explain("-", given=HOSTILE), explain("--json", "-", given=HOSTILE), explain("--markdown", "-", given=HOSTILE)):
        assert not BAD.search(done.stdout.decode()) and not BAD.search(done.stderr.decode())
    assert not BAD.search(COLOURS.sub("", on_terminal(80, HOSTILE)))


def test_nothing_in_a_header_becomes_markup():
    text = explain("--markdown", "-", given=HOSTILE).stdout.decode()
    prose = "\n".join(line for line in text.split("\n") if not line.startswith("    "))
    assert not re.search(r"(?<!\\)<", prose)
    assert not re.search(r"(?<!\\)\[", prose)
    assert not re.search(r"(?<!\\)`", prose)


# ---- what cannot be read ----

@pytest.mark.parametrize("given, says", (
    (b"", "it is empty"),
    (b"\x00\x01\x02\xff" * 100, ""),
    (b"just some words, and no headers at all\n", ""),
))
def test_no_headers(given, says):
    done = explain("-", given=given)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("cairn explain: standard input: line 1") and says in done.stderr.decode()
    assert told("-", given=given, status=2)["responses"] == []


def test_what_was_readable_is_explained(tmp_path):
    good = tmp_path / "good.txt"
    good.write_bytes(FASTLY)
    done = explain("/nonexistent/file", str(good))
    assert done.returncode == 2
    assert done.stderr.decode() == "cairn explain: /nonexistent/file: No such file or directory\n"
    assert b"Answered by the edge in Frankfurt" in done.stdout
    assert len(told(str(good), str(tmp_path), status=2)["responses"]) == 1  # a directory is no file


def test_a_long_field_and_many_tiers():
    long = b"HTTP/1.1 200 OK\nX-Cache: HIT\nX-Long: " + b"x" * 65536 + b"\nX-Served-By: " + b"y" * 65536 + b"\n\n"
    assert len(explain("-", given=long).stdout) < 20000
    told("-", given=long, status=explain("-", given=long).returncode)
    many = b"HTTP/1.1 200 OK\nCache-Status: " + b", ".join(b"n%d; hit" % i for i in range(1000)) + b"\n\n"
    tiers = told("-", given=many)["responses"][0]["tiers"]
    assert len(tiers) == 1000 and tiers[0]["node"] == "n999" and not tiers[0]["frozen"] and tiers[999]["frozen"]
    assert b"Answered by the edge" in explain("-", given=many).stdout


# ---- URLs ----

def test_a_url():
    def answer(wire, _):
        rig.respond(wire, "body", "Cache-Control: max-age=60", "Cache-Status: edge; hit; ttl=5")

    with rig.Origin(answer) as origin:
        url = f"{origin.url}/a"
        response = told(url)["responses"][0]
        assert response["url"] == url and response["tiers"][0]["node"] == "edge"
        assert len(told(url, "--repeat", "3", "-H", "X-Mine: 1")["responses"]) == 3
        assert len(origin.requests) == 4 and origin.requests[3]["X-Mine"] == "1"


@pytest.mark.parametrize("words, says", (
    (("MISS from a", "HIT from a", "HIT from a"), "Cold, then warm: the first came from further back, the 2 after it from caches."),
    (("MISS from a", "HIT from b", "MISS from a"), "1 of 3 came from caches, in no order that a single cache would give. 2 nodes "
     "answer behind this name, each with copies of its own: a, b."),
    (("HIT from a", "HIT from b"), "Warm: all 2 came from caches. 2 nodes answer"),
    (("MISS from a", "MISS from a"), "None of the 2 came from a cache alone."),
))
def test_what_changes(words, says):
    left = list(words)

    def answer(wire, _):
        rig.respond(wire, "body", f"X-Cache: {left.pop(0)}", "Cache-Control: max-age=60")

    with rig.Origin(answer) as origin:
        done = explain(origin.url + "/a", "--repeat", str(len(words)))
        assert says in flat(done.stdout.decode()) and f"request 2 of {len(words)}" in done.stdout.decode()
    left = list(words)
    with rig.Origin(answer) as origin:
        assert says in explain(origin.url + "/a", "--markdown", "--repeat", str(len(words))).stdout.decode()


def test_a_url_that_cannot_be_fetched():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        done = explain(url)
        assert done.returncode == 3 and done.stdout == b""
        assert done.stderr.decode().startswith(f"cairn explain: {url}: ") and "connect" in done.stderr.decode().lower()
        assert told(url, status=3)["responses"] == []
        assert len(told(url, "-", given=FASTLY, status=3)["responses"]) == 1


# ---- asked wrongly ----

@pytest.mark.parametrize("arguments, says", (
    ((), "Give a URL, a file, or -"),
    (("--repeat", "0", "-"), "--repeat wants a number from 1 to"),
    (("--repeat", "x", "-"), "--repeat wants a number from 1 to"),
    (("--jsno", "-"), 'did you mean "--json"?'),
    (("--table", "-"), "nothing else is taken"),
    (("-H", "no colon", "http://127.0.0.1/"), "no colon"),
))
def test_asked_wrongly(arguments, says):
    done = explain(*arguments)
    assert done.returncode == 2 and done.stdout in (b"", b'{"version":1,"responses":[]}\n')
    assert says in done.stderr.decode()


# ---- where it goes ----

def test_a_reader_who_leaves_early():
    with subprocess.Popen([CAIRN, "explain", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        try:
            for _ in range(2000):
                process.stdin.write(FASTLY)
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        assert process.stderr.read() == b""
        assert process.wait(LIMIT_S) != 0


def test_a_full_disk():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([CAIRN, "explain", "-"], input=FASTLY, stdout=full, stderr=subprocess.PIPE, timeout=LIMIT_S)
    assert done.returncode == 1 and done.stderr == b"cairn explain: cannot write: No space left on device\n"


def test_many_take_no_more_memory_than_few(tmp_path):
    """Blocks are told as they come: none piles up."""
    def peak(count):
        path = tmp_path / "blocks.txt"
        path.write_bytes(FASTLY * count)
        with open(os.devnull, "wb") as null:
            process = subprocess.Popen([CAIRN, "explain", "--json", path], stdout=null)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
        assert status == 0
        return usage.ru_maxrss

    assert peak(50000) < peak(10) + 4096  # kB


# ---- pages ----

CDN = {"X-Served-By": "cache-fra1234-FRA", "Cache-Control": "max-age=60"}


def entry(number, headers, wait=20.0, size=1000, status=200, **more):
    """As Chrome writes one."""
    return {
        "startedDateTime": f"2026-11-22T09:00:{number:02}.000Z", "time": wait + 10, "cache": {},
        "request": {"method": "GET", "url": f"https://a.example/{number}", "headers": []},
        "response": {"status": status, "headers": [{"name": n, "value": v} for n, v in headers.items()],
                     "content": {"size": 3000}, "_transferSize": size, "bodySize": size,
                     "_fetchedViaServiceWorker": bool(more.get("_worker"))},
        "timings": {"send": 0, "wait": wait, "receive": 10}, **more}


HAR = {"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "entries": [
    entry(1, {**CDN, "X-Cache": "MISS", "X-Cache-Hits": "0"}, wait=300.0),
    entry(2, {**CDN, "X-Cache": "HIT", "X-Cache-Hits": "3"}),
    entry(3, {**CDN, "X-Cache": "HIT", "X-Cache-Hits": "3"}, wait=0.5, size=0, _fromCache="memory"),
    entry(4, {**CDN, "X-Cache": "HIT", "X-Cache-Hits": "3"}, wait=0.5, size=0, _fromCache="disk"),
    entry(5, {**CDN, "X-Cache": "HIT", "X-Cache-Hits": "3"}, status=304, size=200),
    entry(6, {"Cache-Control": "no-store", "X-Cache": "MISS from cache.a.example"}, wait=100.0),
]}}


def test_a_page():
    given = json.dumps(HAR).encode()
    document = told("-", given=given)
    page = document["page"]
    assert len(document["responses"]) == page["entries"] == 6
    assert {(t["name"], t["kind"], t["entries"]) for t in page["tiers"]} == {
        ("the origin", "origin", 2), ("Fastly", "cache", 1), ("the browser's memory", "browser", 1),
        ("the browser's disk", "browser", 1), ("the browser, confirmed", "confirmed", 1)}
    assert (page["bytes_moved"], page["bytes_spared"], page["bytes_lost"]) == (3200, 8800, 2000)
    assert page["ms_lost"] == 400 and page["ms_saved"] == 180 + 199.5 * 2  # misses wait 200 ms on the average
    assert [m["url"] for m in page["worst"]] == ["https://a.example/1", "https://a.example/6"]
    memory = document["responses"][2]["tiers"]
    assert [t["vendor"] for t in memory] == ["browser", "fastly"] and [t["frozen"] for t in memory] == [False, True]


@pytest.mark.parametrize("form", ((), ("--markdown",)))
def test_a_page_for_people(form):
    text = flat(explain(*form, "-", given=json.dumps(HAR).encode()).stdout.decode())
    for part in ("6 entries: 2 from the browser, 1 from caches on the way, 1 from copies that were confirmed first, 2 from the "
                 "origin.", "The response says no-store.", "Misses waited 400 ms"):
        assert part in text.replace("\\", ""), part


def test_a_page_that_is_cut_short():
    whole = json.dumps(HAR).encode()
    cut = whole[:whole.index(b"https://a.example/4")]
    done = explain("-", given=cut)
    assert done.returncode == 2 and re.match(rb"cairn explain: standard input: entry 4, byte \d+: ", done.stderr)
    assert done.stdout.startswith(b"3 entries: ")
    assert len(told("-", given=cut, status=2)["responses"]) == 3


def test_a_hostile_page():
    evil = entry(1, {"X-Cache": "HIT\x1b[31m", "Server": "\u202e"})
    evil["request"]["url"] = "https://a.example/\x1b]0;x\x07\u202e|<b>`[x](y)"
    given = json.dumps({"log": {"entries": [evil, entry(2, {"X-Cache": "MISS from \x1b[2J"})]}}).encode()
    for done in (explain("-", given=given), explain("--json", "-", given=given), explain("--markdown", "-", given=given)):
        assert done.stdout and not BAD.search(done.stdout.decode())


@pytest.mark.parametrize("columns", (40, 80, 200))
def test_a_page_fits_the_terminal(columns):
    lines = COLOURS.sub("", on_terminal(columns, json.dumps(HAR).encode())).split("\n")
    assert max(map(len, lines)) <= columns and any("▀" * columns in line or "▀" * 110 in line for line in lines)
