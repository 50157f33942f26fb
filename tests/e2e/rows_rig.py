"""Rows of caches before one origin. A row is written from the client's side on, C for a Cairn and S for a Squid: "CSC" is a
Cairn before a Squid before a Cairn before the origin. A node is called after the row that begins with it, in lower case.
"""
import collections
import contextlib
import email.utils
import re
import socket

from rig import Node, Origin, settings
from squid_rig import Squid, asks_parent, asks_site

LARGE = 3 << 20
BRIEF = ("brief", "tagged", "changing", "failing")
BRIEF_IS_OVER_S = 2.5


class Site:
    """What an origin is asked for is said by the first part of the path:

    brief     is fresh for a second, and then confirmed
    changing  the same, and then another
    failing   the same, and then 503
    gone      404
    vary      one for each value of X-Variant
    large     3 MiB
    chunked   of a length that is not told
    cut       ends early
    no-store  may not be stored
    tagged    has an ETag, and no Last-Modified, and is fresh for a second
    Anything else is fresh for 1000 seconds. HEAD, ranges and If-None-Match are heeded; POST gives its body back.
    """

    def __init__(self, port=0):
        self.seen = collections.Counter()
        self.origin = Origin(self.answer, socket.create_server(("127.0.0.1", port)))
        self.port = self.origin.port

    def answer(self, wire, request):
        kind = request.target.split("/")[1]
        self.seen[request.target] += 1
        times = self.seen[request.target]
        if kind == "failing" and times > 1:
            return self.send(wire, request, "503 Out of order", b"out of order")
        if request.method == "POST":
            return self.send(wire, request, "201 Created", b"got " + request.body)
        fields = [f"Cache-Control: {self.control(kind)}", "Content-Type: text/plain"]
        if kind == "changing":
            return self.send(wire, request, "200 OK", f"body {times} of {request.target}".encode(), *fields)
        if kind == "cut":
            self.send(wire, request, "200 OK", b"half", *fields, length=8)
            return False
        fields.append('ETag: "1"')
        if kind != "tagged":
            fields.append("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT")
        return self.validated(wire, request, kind, fields)

    @staticmethod
    def control(kind):
        if kind == "no-store":
            return kind
        return "max-age=1" if kind in BRIEF else "max-age=1000"

    def validated(self, wire, request, kind, fields):
        if kind == "vary":
            fields.append("Vary: X-Variant")
        if kind == "chunked":
            return self.send_chunked(wire, body_of(request.target), *fields)
        if request["If-None-Match"] == '"1"':
            return self.send(wire, request, "304 Not Modified", None, *fields)
        body = body_of(request.target, request["X-Variant"] if kind == "vary" else "")
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", request["Range"] or "")
        if not part:
            return self.send(wire, request, "404 Gone" if kind == "gone" else "200 OK", body, *fields)
        first, last = int(part[1]), min(int(part[2] or len(body)), len(body) - 1)
        return self.send(wire, request, "206 A part", body[first:last + 1], *fields, f"Content-Range: bytes {first}-{last}/{len(body)}")

    @staticmethod
    def send_chunked(wire, body, *fields):
        wire.send("\r\n".join(["HTTP/1.1 200 OK", now(), "Transfer-Encoding: chunked", *fields]) + "\r\n\r\n")
        for byte in body:
            wire.send(b"1\r\n%c\r\n" % byte)
        wire.send("0\r\n\r\n")

    @staticmethod
    def send(wire, request, status, body, *fields, length=None):
        lines = [f"HTTP/1.1 {status}", now(), *fields]
        if body is not None:
            lines.append(f"Content-Length: {length or len(body)}")
        wire.send("\r\n".join(lines) + "\r\n\r\n")
        wire.send(b"" if body is None or request.method == "HEAD" else body)


def now():
    return f"Date: {email.utils.formatdate(usegmt=True)}"


def body_of(target, variant=""):
    body = f"body of {target} {variant}".encode()
    return (body * (LARGE // len(body) + 1))[:LARGE] if target.startswith("/large") else body


def nodes_of(rows):
    """Each row and each that it ends in, the short ones first."""
    return sorted({row[i:] for row in rows for i in range(len(row))}, key=lambda row: (len(row), row))


def behind(node):
    """The address and port of a node."""
    return getattr(node, "address", "127.0.0.1"), node.port


def squid(row, site, made, **more):
    if row == "S":
        return Squid("s", asks_site(site.port), **more)
    address, port = behind(made[row[1:]])
    return Squid(row.lower(), asks_parent(port, address=address), **more)


def cairn(row, site, made, tmp, **sections):
    folder = tmp / row
    folder.mkdir()
    address, port = behind(made[row[1:]]) if row != "C" else ("127.0.0.1", site.port)
    upstream = {"kind": "origin" if row == "C" else "parent", "members": [f"http://{address}:{port}"]}
    return Node(folder, settings(node={"name": row.lower()}, upstreams={"site": upstream}, routes=[{"upstream": "site"}],
                                 trail={"names": "plain"}, **sections))


@contextlib.contextmanager
def rows_before(site, rows, tmp):
    """All nodes that the rows take, by name of row: those that end alike share their end."""
    made = {}
    with contextlib.ExitStack() as stack:
        for row in nodes_of(rows):
            node = squid(row, site, made) if row[0] == "S" else cairn(row, site, made, tmp)
            made[row] = stack.enter_context(node)
        for row, node in made.items():
            if row[0] == "S" and row != "S":
                node.sees_up()
        yield made
