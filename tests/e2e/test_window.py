"""Bodies that are not stored, and readers that fall behind the others: each gets the whole right body, or sees it cut."""
import concurrent.futures
import hashlib
import json
import re
import threading
import time
from email.utils import formatdate

import pytest

from rig import Node, Origin, settings, until

PIECE = bytes(range(256)) * 1024  # 256 KiB
BODY = b"".join(bytes([i]) + PIECE[1:] for i in range(128))  # more than sockets and windows hold
CONF = {"store": {"max_object": "1M"}}


class Film:
    """Says its validators, and gives ranges of its body. `twists`: what is different in answers to a Range."""

    def __init__(self, *fields, body=BODY, **twists):
        self.fields, self.body, self.twists = fields, body, twists
        self.pace = None # of the first answer

    def __call__(self, wire, request):
        pace, self.pace = self.pace, None
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request["Range"] or "")
        if not wanted or not pace and self.twists.get("whole"):
            self.send(wire, pace, 200, self.body, *self.fields)
            return
        twists = {} if pace else self.twists
        first, last = int(wanted[1] or len(self.body) - int(wanted[2])), len(self.body) - 1
        self.send(wire, pace, 206, self.body[first + twists.get("shift", 0):last + 1],
                  f"Content-Range: bytes {first}-{last}/{twists.get('complete', len(self.body))}",
                  *twists.get("fields", self.fields))

    def send(self, wire, pace, status, body, *fields):
        wire.send("\r\n".join([f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}", "Cache-Control: max-age=100000",
                               *fields, "", ""]))
        for at in range(0, len(body), len(PIECE)):
            if pace:
                pace.wait_for(at)
            wire.send(body[at:at + len(PIECE)])


class Pace:
    """An origin's, so that the one client who is read here is never behind: each piece is sent when it has all before."""

    def __init__(self):
        self.changed, self.read = threading.Condition(), -1

    def wait_for(self, n):
        with self.changed:
            assert self.changed.wait_for(lambda: self.read >= n, 30)

    def reached(self, n):
        with self.changed:
            self.read = n
            self.changed.notify()


def leave_behind(node, film, *fields, slow_leads=True):
    """A client that reads a head and little more while another one reads all. Its connection, and that head."""
    slow, fast = node.dial(receive=65536), node.dial()
    pace = film.pace = Pace()
    heads = {}
    for wire in (slow, fast) if slow_leads else (fast, slow):
        wire.say("/film", *fields)
        heads[wire] = wire.head()
    pace.reached(0)
    slow.rest = slow.take(10_000) + slow.rest
    with fast:
        left = int(heads[fast]["Content-Length"])
        for at in range(len(film.body) - left, len(film.body), len(PIECE)):
            assert fast.take(min(len(PIECE), left)) == film.body[at:at + len(PIECE)]
            left -= len(PIECE)
            pace.reached(pace.read + len(PIECE))
    return slow, heads[slow]


def record_of(tmp_path, **wanted):
    lines = map(json.loads, (tmp_path / "log").read_text().splitlines())
    return [line for line in lines if wanted.items() <= line.items()]


def logged(tmp_path):
    return {**CONF, "logs": [{"file": str(tmp_path / "log")}]}


STRONG = ('ETag: "one"',)
NOW = formatdate(time.time(), usegmt=True) # of the import: the tests may come minutes later
DATED = ("Last-Modified: Mon, 01 Jun 2020 10:00:00 GMT", f"Date: {NOW}")


@pytest.mark.parametrize("fields", [STRONG, DATED])
@pytest.mark.parametrize("part", [(), ("Range: bytes=1000-",)])
@pytest.mark.parametrize("slow_leads", [True, False])
def test_who_falls_behind_goes_on_alone(tmp_path, fields, part, slow_leads):
    film = Film(*fields)
    with Origin(film) as origin:
        with Node(tmp_path, settings(origin.url, **logged(tmp_path))) as node:
            slow, head = leave_behind(node, film, *part, slow_leads=slow_leads)
            with slow:
                assert head.status == (206 if part else 200)
                body = slow.body_of(head)
            assert hashlib.sha256(body).digest() == hashlib.sha256(BODY[1000 if part else 0:]).digest()
            assert node.metric("cairn_went_on_total") == 1
            assert node.metric("cairn_cut_responses_total") == 0
            until(lambda: node.metric("cairn_flights") == 0)
        last = origin.requests[-1]
        first = int(re.fullmatch(rf"bytes=(\d+)-{len(BODY) - 1}", last["Range"])[1])
        assert 10_000 <= first < len(BODY)
        assert last["If-Range"] == fields[0].split(": ")[1]
        assert len(origin.requests) == 2
    record, = record_of(tmp_path, went_on=True)
    assert (record["body_bytes"], record["served"]) == (len(body), "MISS") and "cut" not in record
    assert record["member"] == origin.url.removeprefix("http://") and "rest" in record["steps"]
    assert len(record_of(tmp_path)) == 2


@pytest.mark.parametrize("film", [
    Film(),
    Film('ETag: W/"one"'),
    Film('ETag: W/"one"', *DATED),
    Film(f"Last-Modified: {NOW}", f"Date: {NOW}"),
], ids=["none", "weak", "weak-and-date", "date-of-now"])
def test_without_a_strong_validator_it_is_cut(tmp_path, film):
    with Origin(film) as origin, Node(tmp_path, settings(origin.url, **CONF)) as node:
        slow, head = leave_behind(node, film)
        with slow:
            assert len(slow.to_end()) < int(head["Content-Length"])
        assert node.metric("cairn_went_on_total") == 0
        assert node.metric("cairn_cut_responses_total") == 1
        assert len(origin.requests) == 1


@pytest.mark.parametrize("twist", [
    {"whole": True}, {"complete": len(BODY) + 1}, {"complete": "*"}, {"fields": ('ETag: "two"',)}, {"fields": ()},
    {"shift": 1},
], ids=str)
def test_what_is_not_the_rest_is_not_taken_for_it(tmp_path, twist):
    film = Film(*STRONG, **twist)
    with Origin(film) as origin, Node(tmp_path, settings(origin.url, **CONF)) as node:
        slow, head = leave_behind(node, film)
        with slow:
            body = slow.to_end()
        assert len(body) < int(head["Content-Length"])
        assert "shift" in twist or BODY.startswith(body)
        until(lambda: node.metric("cairn_cut_responses_total") == 1)
        until(lambda: node.metric("cairn_flights") == 0)


@pytest.mark.parametrize("ranged", [f"bytes={len(BODY) - 10_000}-", "bytes=-10000"])
def test_a_distant_range_drives_nobody_out(tmp_path, ranged):
    """It is asked for by itself: the one who reads from the start has yet to begin, and gets there in its own time."""
    film = Film() # nothing that could be gone on with
    with Origin(film) as origin, Node(tmp_path, settings(origin.url, **CONF)) as node:
        pace = film.pace = Pace()
        with node.dial() as slow:
            slow.say("/film")
            head = slow.head()
            part = node.ask("/film", f"Range: {ranged}")
            assert (part.status, part.body) == (206, BODY[-10_000:])
            pace.reached(len(BODY))
            assert hashlib.sha256(slow.body_of(head)).digest() == hashlib.sha256(BODY).digest()
        assert node.metric("cairn_cut_responses_total") == 0
        assert [request["Range"] for request in origin.requests] == [None, ranged]


def test_a_crowd_has_all_of_what_is_not_stored(tmp_path):
    many = 200
    film = Film(*STRONG, body=BODY[:4 << 20])
    want = hashlib.sha256(film.body).digest()

    def ask(_):
        ready.wait(30)
        answer = node.ask("/film")
        return answer.status, hashlib.sha256(answer.body).digest()

    ready = threading.Barrier(many)
    with Origin(film) as origin, Node(tmp_path, settings(origin.url, **CONF)) as node:
        with concurrent.futures.ThreadPoolExecutor(many) as pool:
            assert list(pool.map(ask, range(many))) == [(200, want)] * many
        assert node.metric("cairn_cut_responses_total") == 0
        assert all(request["Range"] is None or request["If-Range"] == '"one"' for request in origin.requests)
