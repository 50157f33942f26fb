"""Bodies of any size, at the pace of the slower side, through a node that holds little of them."""
import hashlib
import threading

import pytest

from rig import Node, Origin, respond, settings, until

PIECE = bytes(range(256)) * 4096 # 1 MiB
PIECES = 150
ROOM = 32 << 20  # what may lie in sockets and in the node


def digest_of(pieces):
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


WHOLE = digest_of([PIECE] * PIECES)


class Counted:
    """Sends the pieces, and says how far it is."""

    def __init__(self, chunked):
        self.chunked = chunked
        self.sent = 0

    def framing(self):
        return "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {PIECES * len(PIECE)}"

    def send(self, wire):
        for _ in range(PIECES):
            if self.chunked:
                wire.send(f"{len(PIECE):x}\r\n")
            wire.send(PIECE)
            if self.chunked:
                wire.send("\r\n")
            self.sent += len(PIECE)
        if self.chunked:
            wire.send("0\r\n\r\n")

    def stalls(self):
        """It has begun, and gets no further: the other end is held up."""
        seen = [-1]

        def still():
            before, seen[0] = seen[0], self.sent
            again.wait(0.1)
            return 0 < before == self.sent

        again = threading.Event()
        until(still)
        return self.sent


def received(wire, message):
    """The digest of a body that is not held whole."""
    if message["Transfer-Encoding"]:
        return digest_of(wire.chunks())
    left = int(message["Content-Length"])
    whole = hashlib.sha256()
    while left > 0:
        whole.update(data := wire.take(min(left, 65536)))
        left -= len(data)
    return whole.hexdigest()


@pytest.mark.parametrize("chunked", (False, True))
def test_a_large_response_at_its_readers_pace(tmp_path, chunked):
    stream = Counted(chunked)

    def answer(wire, _):
        wire.send(f"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\n{stream.framing()}\r\n\r\n")
        stream.send(wire)

    with Origin(answer) as origin:
        with Node(tmp_path, settings(origin.url, store={"memory": "64M", "max_object": "1M"})) as node:
            with node.dial(receive=65536) as wire:
                wire.say("/large")
                head = wire.head()
                before = node.resident()
                assert stream.stalls() < ROOM
                assert node.resident() - before < ROOM
                assert received(wire, head) == WHOLE
                assert node.resident() - before < ROOM
                assert wire.sock.fileno() >= 0


@pytest.mark.parametrize("chunked", (False, True))
def test_a_large_request_at_the_origins_pace(tmp_path, chunked):
    stream = Counted(chunked)
    go = threading.Event()
    digests = []

    class Slow(Origin):
        def serve(self, wire):
            with wire:
                head = wire.head()
                go.wait()
                digests.append(received(wire, head))
                respond(wire, "thanks")

    # The client is not slow: it is not let go on.
    conf = settings(None, timeouts={"body": "300ms"}, upstreams={"site": {"members": []}}, routes=[{"upstream": "site"}])
    with Slow(None) as origin:
        conf = conf.replace('"members": []', f'"members": ["{origin.url}"]')
        with Node(tmp_path, conf) as node, node.dial() as wire:
            wire.send(f"POST / HTTP/1.1\r\nHost: a\r\n{stream.framing()}\r\n\r\n")
            before = node.resident()
            sending = threading.Thread(target=stream.send, args=(wire,))
            sending.start()
            assert stream.stalls() < ROOM
            assert node.resident() - before < ROOM
            threading.Event().wait(0.5)  # longer than a client may be silent
            go.set()
            answer = wire.response()
            sending.join()
            assert (answer.status, answer.body, digests) == (200, b"thanks", [WHOLE])
            assert node.resident() - before < ROOM


@pytest.mark.parametrize("chunked", (False, True))
def test_a_request_goes_on_while_nobody_reads_the_response(tmp_path, chunked):
    upload, download = Counted(chunked), Counted(chunked)
    digests = []

    class Both(Origin):
        def serve(self, wire):
            with wire:
                head = wire.head()
                wire.send(f"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n{download.framing()}\r\n\r\n")
                sending = threading.Thread(target=download.send, args=(wire,))
                sending.start()
                download.stalls()
                digests.append(received(wire, head))
                sending.join()

    with Both(None) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial() as wire:
        wire.send(f"POST / HTTP/1.1\r\nHost: a\r\n{upload.framing()}\r\n\r\n")
        upload.send(wire)
        answer = wire.head()
        assert (answer.status, received(wire, answer), digests) == (200, WHOLE, [WHOLE])


def test_a_client_that_was_slow_once_is_not_blamed_for_upstream(tmp_path):
    go = threading.Event()

    def answer(wire, _):
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {30 * len(PIECE) + 4}\r\n\r\n")
        for _ in range(30):
            wire.send(PIECE)
        go.wait()
        wire.send("last")

    conf = settings("http://origin", timeouts={"write": "500ms"}, store={"max_object": "1M"})
    with Origin(answer) as origin, Node(tmp_path, conf.replace("http://origin", origin.url)) as node:
        with node.dial(receive=65536) as wire:
            wire.say("/")
            wire.head()
            until(lambda: len(origin.requests) == 1)
            for _ in range(30):
                wire.take(len(PIECE))
            threading.Event().wait(0.8)  # longer than a client may take nothing
            go.set()
            assert wire.take(4) == b"last"


def test_a_client_that_takes_nothing_is_given_up(tmp_path):
    def answer(wire, _):
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {PIECES * len(PIECE)}\r\n\r\n")
        for _ in range(PIECES):
            wire.send(PIECE)

    conf = settings("http://origin", timeouts={"write": "300ms"}, store={"max_object": "1M"})
    with Origin(answer) as origin, Node(tmp_path, conf.replace("http://origin", origin.url)) as node:
        with node.dial(receive=65536) as wire:
            wire.say("/")
            wire.head()
            until(lambda: node.metric("cairn_client_connections") == 0)
            until(lambda: node.metric("cairn_flights") == 0)


def test_trailers_are_left_alone_until_they_are_there(tmp_path):
    """Who needs no body has no use for them: seen by a build for ThreadSanitizer, where the last one to ask for a page is on
    another thread than the first."""
    go = {f"/{n}": threading.Event() for n in range(16)}

    def answer(wire, request):
        wire.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n"
                  "Trailer: X-Sum\r\n\r\n3\r\none\r\n")
        go[request.target].wait()
        wire.send("3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n")

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node:
        for page, event in go.items():
            with node.dial() as wire:
                wire.say(page)
                wire.head()
                assert node.ask(page, 'If-None-Match: "a"').status == 304
                event.set()
                assert wire.take_to(b"X-Sum: 6\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n"
