"""cairn explain reads what tools print of a node's responses: each in its own form, with the same told of all."""
import json
import shutil
import subprocess

import pytest

from rig import CAIRN, Node, Origin, settings

FIRST = ("/page", 200, "miss")
AGAIN = ("/page", 200, "hit")
MOVED = ("/moved", 301, "miss")

# A command, with what is told of it. What HEAD brings is not stored.
COMMANDS = {
    "curl -si {u}/page": [FIRST],
    "curl -sI {u}/page {u}/moved": [FIRST, MOVED],
    "curl -siL {u}/moved": [MOVED, FIRST],
    "curl -si {u}/page {u}/page {u}/page": [FIRST, AGAIN, AGAIN],
    "curl -s -D - -o /dev/null {u}/page": [FIRST],
    "curl -sv {u}/page 2>&1": [FIRST],
    "curl -v -L {u}/moved {u}/page 2>&1": [MOVED, FIRST, AGAIN],
    "curl -v -L {u}/moved {u}/page 2>&1 >/dev/null": [MOVED, FIRST, AGAIN],
    "script -qec 'curl -i {u}/page' /dev/null": [FIRST],
    'for path in page page; do echo "== {u}/$path"; curl -sI {u}/$path; done': [FIRST, FIRST],
    "wget -S -O /dev/null {u}/moved 2>&1": [MOVED, FIRST],
    "wget -qS -O - {u}/page 2>&1": [FIRST],
}

# Those whose output has the URLs.
WITH_URLS = ("curl -sv", "curl -v", "for", "wget -S")


def answer(wire, request):
    line, body, field = "301 Moved", "<p>it moved</p>", "Location: /page"  # a body without a newline
    if request.target != "/moved":
        line, body, field = "200 OK", "a page\n", "Cache-Control: max-age=1000"
    wire.send(f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n{field}\r\n\r\n" + (body if request.method == "GET" else ""))


@pytest.mark.parametrize("command", COMMANDS)
def test_what_tools_print(tmp_path, command):
    if not shutil.which(command.split()[0]) and not command.startswith("for"):
        pytest.skip(f"there is no {command.split()[0]} here")
    with Origin(answer) as origin, Node(tmp_path, settings(origin.url, trail={"names": "plain"})) as node:
        url = f"http://127.0.0.1:{node.port}"
        printed = subprocess.run(["sh", "-c", command.replace("{u}", url)], capture_output=True, check=True, timeout=60).stdout
    done = subprocess.run([CAIRN, "explain", "--json", "-"], input=printed, capture_output=True, timeout=60, check=True)
    assert done.stderr == b""
    told = json.loads(done.stdout)["responses"]
    wanted = COMMANDS[command]
    assert [(r["status"], [(t["node"], t["served"]) for t in r["tiers"]]) for r in told] == \
        [(status, [("edge-1", served)]) for _, status, served in wanted]
    urls = [url + path for path, _, _ in wanted] if command.startswith(WITH_URLS) else [None] * len(wanted)
    assert [r["url"] for r in told] == urls
