"""Neighbours made by hand: ICP and HTCP datagrams to and from a socket, and nodes that answer them."""
import socket
import struct
import threading

LIMIT_S = 30
HIT, MISS, ERR, DENIED = 2, 3, 4, 22
NOP, TST, MON, CLR = 0, 1, 2, 4
TST_HIT, TST_MISS = 0, 1


# ---- ICP ----

def icp(opcode, number, url, version=2):
    payload = (b"\0" * 4 if opcode == 1 else b"") + url.encode() + b"\0"
    return struct.pack(">BBHIIII", opcode, version, 20 + len(payload), number, 0, 0, 0) + payload


def icp_read(data):
    """Opcode, number, URL."""
    opcode, version, length, number = struct.unpack(">BBHI", data[:8])
    assert (version, length, data[-1]) == (2, len(data), 0)
    return opcode, number, data[24 if opcode == 1 else 20:-1].decode()


# ---- HTCP ----

def counted(text):
    return struct.pack(">H", len(text)) + text.encode()


def htcp(opcode, number, *strings, response=0, flags=2, reason=None, minor=1):
    data = (b"" if reason is None else struct.pack(">H", reason)) + b"".join(counted(s) for s in strings)
    data = struct.pack(">HBBI", 8 + len(data), opcode << 4 | response, flags, number) + data
    return struct.pack(">HBB", 6 + len(data), 0, minor) + data + b"\0\2"


def htcp_read(data):
    """Opcode, response, flags, number, what the opcode takes."""
    length, major, minor, data_length, what, flags, number = struct.unpack(">HBBHBBI", data[:12])
    assert (length, major, minor, data_length, data[-2:]) == (len(data), 0, 1, len(data) - 6, b"\0\2")
    return what >> 4, what & 15, flags, number, data[12:-2]


def specifier(url, fields="", method="GET"):
    return method, url, "1/1", fields


class Port:
    """A UDP port, which hears answers from where it asks alone."""

    def __init__(self, port, address="127.0.0.1", source="127.0.0.1"):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((source, 0))
        self.sock.connect((address, port))
        self.sock.settimeout(LIMIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def say(self, data):
        self.sock.send(data)

    def hear(self):
        return self.sock.recv(65536)

    def icp(self, url, number=7):
        """What the answer says, which has the question's number and URL."""
        self.say(icp(1, number, url))
        opcode, of, about = icp_read(self.hear())
        assert (of, about) == (number, url)
        return opcode

    def htcp(self, opcode, *strings, number=7, **more):
        """Response, whether it is about the message as such, and what it says."""
        self.say(htcp(opcode, number, *strings, **more))
        what, response, flags, of, data = htcp_read(self.hear())
        assert (what, of, flags & 1) == (opcode, number, 1)
        return response, bool(flags & 2), data


def answers_at(node, protocol):
    """The port where a node answers it."""
    return int(node.hears(rf"answers {protocol} on \S+:(\d+)")[1])


class Fake:
    """A neighbour that is told what to answer: `answer(fake, data, source)` is called for each datagram."""

    def __init__(self, answer, address="127.0.0.1"):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.port = self.sock.getsockname()[1]
        self.answer = answer
        self.heard = []
        self.source = None  # of the latest
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            data, source = self.sock.recvfrom(65536)
            if not data:
                return
            self.source = source
            self.heard.append(data)
            self.answer(self, data, source)

    def send(self, data, to):
        self.sock.sendto(data, to)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.sock.getsockname())
        self.thread.join(LIMIT_S)
        self.sock.close()


def asked(node, protocol, answer):
    return node.metric("cairn_neighbour_asked_total", protocol=protocol, answer=answer)

