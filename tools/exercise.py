#!/usr/bin/env python3
"""Has a program do what caches do most, for a compiler that learns from it what is hot (tools/release).

    tools/exercise.py build-release/cairn build-release/bench/bench_origin [--rounds 100]

An origin, a node before it with a store that it outgrows, and clients that ask all at once, again and again: for what is
stored, small and large, in full and in part; for what is new; for what may not be stored. As `curl` asks, and as browsers
do. Without a log, and with each kind of log. Each answer is looked at. Exits 1 where one is wrong.
"""
import argparse
import itertools
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
from typing import NamedTuple

CLIENTS = 32
CURL = "User-Agent: curl/7.88.1\r\nAccept: */*\r\n"
BROWSER = ("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
           "Accept-Language: en-GB,en;q=0.7,fr;q=0.3\r\nAccept-Encoding: gzip, deflate, br\r\n"
           "Referer: http://shop.example/garden/spades?sort=price\r\nDNT: 1\r\nConnection: keep-alive\r\n"
           "Cookie: basket=5f0c2ac1; region=emea; seen=1718000000\r\nUpgrade-Insecure-Requests: 1\r\n"
           "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nPriority: u=1\r\n")
LOGS = ([], [{"file": "json.log", "format": "json"}], [{"file": "combined.log", "format": "combined"}])
FRESH = itertools.count()


class Kind(NamedTuple):
    """Something to ask for: {} is a number never asked for before. `often`: times in each round."""
    target: str
    fields: str
    status: int = 200
    often: int = 1
    method: str = "GET"


KINDS = (
    Kind("/keep/1000/hit", CURL, often=6), Kind("/keep/1000/hit", BROWSER, often=6), Kind("/keep/10000/hit", BROWSER),
    Kind("/keep/100000/hit", CURL), Kind("/keep/100000/hit", CURL + "Range: bytes=1000-1999\r\n", 206),
    Kind("/keep/1000/hit", CURL, method="HEAD"), Kind("/keep/1000/hit", CURL + "Cache-Control: no-cache\r\n"),
    Kind("/pass/1000/one", CURL, often=4), Kind("/pass/1000/{}", BROWSER, often=2), Kind("/pass/20000/one", BROWSER),
    Kind("/keep/1000/{}", CURL, often=4), Kind("/keep/1000/{}", BROWSER, often=2), Kind("/keep/50000/{}", BROWSER),
)


def wrong(what):
    sys.exit(f"tools/exercise.py: {what}")


def read_answer(s, kind):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = s.recv(65536)
        if not piece:
            wrong(f"the node closed the connection after {data!r}, asked for {kind.target}")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if length is None or not head.startswith(b"HTTP/1.1 %d " % kind.status):
        wrong(f"{kind.target} is answered with {head.decode(errors='replace')}")
    left = (0 if kind.method == "HEAD" else int(length[1])) - len(body)
    while left > 0:
        left -= len(s.recv(min(left, 1 << 20))) or wrong(f"{kind.target} was cut")
    if left < 0:
        wrong(f"{kind.target}: {-left} bytes too many")


def ask(sockets, kind):
    for s in sockets:
        target = kind.target.format(next(FRESH))
        s.sendall(f"{kind.method} {target} HTTP/1.1\r\nHost: shop.example\r\n{kind.fields}\r\n".encode())
    for s in sockets:
        read_answer(s, kind)


def start(command, pattern, **popen):
    """The process, and the port that it tells of."""
    process = subprocess.Popen(command, text=True, **popen)
    for line in process.stdout or process.stderr:
        found = re.search(pattern, line)
        if found:
            return process, int(found[1])
    return wrong(f"{command[0]} does not start")


def exercise(program, origin, log, rounds, folder):
    conf = {"node": {"name": "edge-1", "workers": 1}, "listeners": [{"address": "127.0.0.1:0"}],
            "admin": {"address": "127.0.0.1:0"}, "logs": log, "store": {"memory": "16M"},
            "upstreams": {"origin": {"members": [f"http://127.0.0.1:{origin}"]}}, "routes": [{"upstream": "origin"}]}
    file = folder / "cairn.yaml"
    file.write_text(json.dumps(conf))
    process, port = start([program, "serve", "-c", file], r"edge-1 listens on 127\.0\.0\.1:(\d+)", stderr=subprocess.PIPE,
                          cwd=folder)
    try:
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CLIENTS)]
        for _ in range(rounds):
            for kind in KINDS:
                for _ in range(kind.often):
                    ask(sockets, kind)
        for s in sockets:
            s.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
    if process.wait() != 0:
        wrong(f"the node ended with {process.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("origin", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=100)
    args = parser.parse_args()
    server, port = start([args.origin.resolve()], r"(\d+)", stdout=subprocess.PIPE)
    try:
        for log in LOGS:
            with tempfile.TemporaryDirectory() as folder:
                exercise(args.program.resolve(), port, log, args.rounds, pathlib.Path(folder))
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
