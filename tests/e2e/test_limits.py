"""What runs short: descriptors, the store's memory, a request's memory. It costs what it must, and nobody's connection."""
from rig import Node, Origin, fresh, respond, settings, until

# Each is small, and all together fit into a head; what is known of each is more.
MANY_FIELDS = 5000 * "a:\r\n"
SMALL_ARENA = {"head": "32K", "upstream_head": "32K", "fields": 10000, "arena": "64K"}


def test_out_of_descriptors_accepting_pauses(tmp_path):
    before = ("sh", "-c", 'ulimit -n 80; exec "$0" "$@"')
    conf = {"limits": {"connections": 1000}, "node": {"workers": 1}}
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, **conf), before=before) as node:
        node.ask("/page")
        clients = [node.dial() for _ in range(100)]
        for client in clients:
            client.say("/page")
        answered = 0
        for client in clients: # those that wait are accepted when others have gone
            assert client.response()["X-Cache"] == "HIT from edge-1"
            client.close()
            answered += 1
        assert answered == 100
        assert node.metric("cairn_accept_pauses_total") > 0
        assert node.ask("/other").status == 200


def test_who_is_turned_away_is_counted(tmp_path):
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, limits={"connections": 1})) as node:
        with node.dial() as first:
            first.ask("/page")
            for count in (1, 2):
                with node.dial() as second:
                    answer = second.response()
                    assert (answer.status, answer["Retry-After"]) == (503, "1")
                assert node.metric("cairn_client_turned_away_total") == count
        until(lambda: node.metric("cairn_client_connections") == 0)
        assert node.ask("/page")["X-Cache"] == "HIT from edge-1"


def test_what_does_not_fit_is_served_and_not_stored(tmp_path):
    large = bytes(range(256)) * 4096 * 20  # 20 MiB

    def answer(wire, request):
        if request.target == "/large":
            return respond(wire, large, "Cache-Control: max-age=1000")
        return fresh(wire, request)

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url, store={"memory": "8M"})) as node:
        for _ in range(2):
            whole = node.ask("/large")
            assert (whole.status, whole["X-Cache"]) == (200, "MISS from edge-1")
            assert whole.body == large
        assert node.metric("cairn_store_memory_bytes") <= 8 << 20
        node.ask("/small")
        assert node.ask("/small")["X-Cache"] == "HIT from edge-1"
        assert len(origin.requests) == 3


def test_a_request_head_past_the_arena(tmp_path):
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, limits=SMALL_ARENA)) as node:
        with node.dial() as wire:
            wire.send("GET / HTTP/1.1\r\nHost: a\r\n" + MANY_FIELDS + "\r\n")
            answer = wire.response()
            assert answer.status == 431
            assert wire.ended()
        assert node.metric("cairn_requests_total", served="miss", reason="arena-full") == 1
        assert node.ask().status == 200
        assert len(origin.requests) == 1


def test_an_upstream_head_past_the_arena(tmp_path):
    def answer(wire, request):
        if request.target == "/large":
            return wire.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\n" + MANY_FIELDS + "Content-Length: 0\r\n\r\n")
        return fresh(wire, request)

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url, limits=SMALL_ARENA)) as node:
        for _ in range(2):
            answered = node.ask("/large")
            assert (answered.status, answered["X-Cache"]) == (502, "MISS from edge-1")
            assert answered["Proxy-Status"] == "edge-1; error=http_response_header_section_size"
        assert node.ask().status == 200
        until(lambda: node.metric("cairn_flights") == 0)
