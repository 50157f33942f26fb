"""What comes to a node that asks a name server, and answers nothing that it asked: it changes nothing, and is counted."""
import socket
import struct
import threading

from rig import LIMIT_S, Node, settings, until

NAME = "site.test"
TYPES = {1: socket.AF_INET, 28: socket.AF_INET6} # A, AAAA
TTL_S = 60 # asked for once, within a test


class Query:
    """One question, and what answers it."""

    def __init__(self, data):
        end = data.index(b"\0", 12) + 5
        self.number, = struct.unpack_from(">H", data)
        self.type, = struct.unpack_from(">H", data, end - 4)
        self.question = data[12:end]

    def reply(self, *addresses, number=None, question=None):
        """These addresses, which are of the type that was asked for."""
        packed = [socket.inet_pton(TYPES[self.type], address) for address in addresses]
        records = [struct.pack(">HHHIH", 0xC00C, self.type, 1, TTL_S, len(data)) + data for data in packed]
        return struct.pack(">HHHHHH", self.number if number is None else number, 0x8180, 1, len(records), 0, 0) + \
            (question or self.question) + b"".join(records)


class Server:
    """A name server that says what the test has it say: `answer(server, query, whom)` for each question, once, though on a slow
    machine it may be asked again."""

    def __init__(self, answer):
        self.sock = socket.socket(type=socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.sock.getsockname()[1]}"
        self.answer = answer
        self.heard = set()
        self.faults = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            data, whom = self.sock.recvfrom(4096)
            if not data:
                return
            if data in self.heard:
                continue
            self.heard.add(data)
            try:
                self.answer(self, Query(data), whom)
            except Exception as fault: # pylint: disable=broad-except
                self.faults.append(fault)

    def say(self, data, whom):
        self.sock.sendto(data, whom)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.sock.getsockname())
        self.thread.join(LIMIT_S)
        self.sock.close()
        assert not self.faults


def other_name(query):
    return query.question.replace(b"\4site", b"\4sitf")


class Among:
    """Answers the question for A among what does not answer it. The one for AAAA waits that long, so that the node still
    listens."""

    def __init__(self, elsewhere):
        self.elsewhere = elsewhere
        self.waiting = {}

    def __call__(self, server, query, whom):
        self.waiting[query.type] = (query, whom)
        if len(self.waiting) < 2:
            return
        query, whom = self.waiting[1]
        self.elsewhere.sendto(query.reply("127.0.0.66"), whom) # the kernel sees that it is from somebody else
        server.say(query.reply("127.0.0.67", number=query.number ^ 1), whom)
        server.say(query.reply("127.0.0.68", question=other_name(query)), whom)
        server.say(query.reply("127.0.0.1"), whom)
        server.say(query.reply("127.0.0.69"), whom) # too late
        query, whom = self.waiting[28]
        server.say(query.reply("::1"), whom)


def following(server):
    return settings([{"url": f"http://{NAME}:80", "follow": "addresses"}], node={"name_servers": [server.address]})


def members(node):
    return {member["member"] for member in node.told("/v1/status")["upstreams"][0]["members"]}


def ignored(node):
    return node.metric("cairn_dns_replies_ignored_total")


def test_made_up_and_late_replies(tmp_path):
    with socket.socket(type=socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        with Server(Among(elsewhere)) as server, Node(tmp_path, following(server)) as node:
            until(lambda: len(members(node)) == 2)
            assert members(node) == {"127.0.0.1:80", "[::1]:80"}
            until(lambda: ignored(node) >= 3)
            assert ignored(node) == 3
            assert node.metric("cairn_dns_failures_total") == 0


def test_answers_are_no_strays(tmp_path):
    def answer(server, query, whom):
        server.say(query.reply(*(["127.0.0.1", "127.0.0.2"] if query.type == 1 else ["::1"])), whom)
    with Server(answer) as server, Node(tmp_path, following(server)) as node:
        until(lambda: members(node) == {"127.0.0.1:80", "127.0.0.2:80", "[::1]:80"})
        assert ignored(node) == 0
