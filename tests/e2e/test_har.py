"""A HAR that the real Chromium recorded, of a page behind two nodes: its own caches and the network's are told apart."""
import json
import subprocess

import pytest

from browser import Browser
from devtools import FLAGS, DevTools
from rig import CAIRN, Node, Origin, respond, settings

WORKER = """
self.addEventListener('install', install => install.waitUntil(
    caches.open('kept').then(kept => kept.add('/kept')).then(() => self.skipWaiting())));
self.addEventListener('activate', activate => activate.waitUntil(self.clients.claim()));
self.addEventListener('fetch', asked => {
    const path = new URL(asked.request.url).pathname;
    if (path == '/kept')
        asked.respondWith(caches.match(asked.request));
    else if (path == '/made-up')
        asked.respondWith(new Response('by the worker'));
});
"""

LONG = "Cache-Control: max-age=1000"
PAGES = {
    "/": ("<title>page</title>", "Content-Type: text/html", "Cache-Control: no-store"),
    "/frame": ("<script src='/script.js'></script>", "Content-Type: text/html", "Cache-Control: no-store"),
    "/script.js": ("'a script'", "Content-Type: text/javascript", LONG),
    "/data": ("some data", LONG),
    "/checked": ("to be checked", 'ETag: "one"', "Cache-Control: no-cache"),
    "/kept": ("kept by the worker", LONG),
    "/worker.js": (WORKER, "Content-Type: text/javascript", "Cache-Control: no-store"),
}

# Each thing twice, one after the other, so that what comes second may come from a cache of the browser.
SCRIPT = """(async () => {
    const frame = () => new Promise(onload => document.body.append(
        Object.assign(document.createElement('iframe'), {src: '/frame', onload})));
    for (let i = 0; i < 2; i++) {
        await frame();
        await fetch('/data').then(answer => answer.text());
        await fetch('/checked').then(answer => answer.text());
    }
    await navigator.serviceWorker.register('/worker.js');
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller)
        await new Promise(done => navigator.serviceWorker.addEventListener('controllerchange', done, {once: true}));
    await fetch('/kept').then(answer => answer.text());
    await fetch('/made-up').then(answer => answer.text());
})()"""


def answer(wire, request):
    body, *fields = PAGES.get(request.target, ("nothing is here", "Cache-Control: no-store"))
    if request["If-None-Match"] == '"one"':
        wire.send('HTTP/1.1 304 Not Modified\r\nETag: "one"\r\nCache-Control: no-cache\r\n\r\n')
    else:
        respond(wire, body, *fields, status=200 if request.target in PAGES else 404)


def node(folder, name, kind, upstream):
    folder.mkdir()
    return Node(folder, settings(node={"name": name}, upstreams={"site": {"kind": kind, "members": [upstream]}},
                                 routes=[{"upstream": "site"}], trail={"names": "plain"}))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The file, and the parts of it by path, in order."""
    tmp = tmp_path_factory.mktemp("har")
    with Origin(answer) as origin, node(tmp / "shield", "shield", "origin", origin.url) as shield, \
            node(tmp / "edge", "edge", "parent", f"http://127.0.0.1:{shield.port}") as edge, \
            Browser(tmp / "profile", *FLAGS) as browser:
        url = f"http://127.0.0.1:{edge.port}/"
        panel = DevTools(browser, tmp / "profile", url)
        browser.run(SCRIPT)
        file = tmp / "page.har"
        file.write_text(json.dumps(panel.har(url + "made-up")))
    return file


@pytest.fixture(scope="module")
def told(recorded):
    """What is said of each path: a list, one for each time that it was asked for."""
    done = subprocess.run([CAIRN, "explain", "--json", recorded], capture_output=True, timeout=60, check=True)
    found = {}
    for response in json.loads(done.stdout)["responses"]:
        found.setdefault("/" + response["url"].split("/", 3)[3], []).append(response)
    return found


def tiers(response):
    """Each as (vendor, node, lookup, served, frozen)."""
    return [tuple(tier[key] for key in ("vendor", "node", "lookup", "served", "frozen")) for tier in response["tiers"]]


COLD = [("cairn", "edge", "miss", "miss", False), ("cairn", "shield", "miss", "miss", False)]
FROZEN = [(*tier[:4], True) for tier in COLD]


def test_every_entry_is_told(recorded, told):
    entries = json.loads(recorded.read_text())["log"]["entries"]
    assert sum(len(responses) for responses in told.values()) == len(entries) > 8


@pytest.mark.parametrize("path", ["/script.js", "/data", "/checked"])
def test_first_it_comes_over_the_network(told, path):
    assert tiers(told[path][0]) == COLD


def test_a_script_is_in_memory(told):
    assert tiers(told["/script.js"][1]) == [("browser", "memory", "hit", "hit", False), *FROZEN]


def test_data_is_on_disk(told):
    assert tiers(told["/data"][1]) == [("browser", "disk", "hit", "hit", False), *FROZEN]


def test_what_has_to_be_checked_is_confirmed(told):
    """The browser asks; so do the two nodes, which may not use theirs without asking either."""
    again = told["/checked"][1]
    assert again["status"] == 304
    assert tiers(again)[0] == ("browser", None, "stale", "revalidated", False)
    assert [tier[:2] for tier in tiers(again)[1:]] == [("cairn", "edge"), ("cairn", "shield")]
    assert not any(tier[4] for tier in tiers(again))


def test_a_worker_gives_what_it_kept(told):
    assert tiers(told["/kept"][-1])[0] == ("service-worker", None, "hit", "hit", False)
    assert all(tier[4] for tier in tiers(told["/kept"][-1])[1:])


def test_a_worker_makes_up_its_own(told):
    assert tiers(told["/made-up"][0])[0][0] == "service-worker"
