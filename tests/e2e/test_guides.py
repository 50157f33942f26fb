"""The worked examples of docs/from-squid.md, from-nginx.md and from-varnish.md: the old program and Cairn, each with the
configuration that lies in examples/, side by side before sites that say the same. Both are asked the same, and have to answer
the same and to ask their sites as often.
"""
import collections
import contextlib
import email.utils
import re
import socket
import subprocess
import threading
import time

import pytest
from namespaces import Namespace, why_not
from rig import ROOT, Node, Origin, ask, respond, until
from squid_rig import squid_service  # noqa: F401  pylint: disable=unused-import

EXAMPLES, DOCS = ROOT / "examples", ROOT / "docs"
WHY_NOT = why_not()
needs_networks = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


class Sites:
    """Origins on some ports that say the same; what is asked of any of them is counted by its path. Queries mean nothing.

    /plain    says nothing of caching
    /assets   is never fresh, and sets a cookie
    /failing  is fresh for a second, and then 503
    /gone     404
    Anything else is fresh for 1000 seconds.
    """

    def __init__(self, *ports):
        self.seen = collections.Counter()
        self.lock = threading.Lock()
        self.origins = [Origin(self.answer, socket.create_server(("127.0.0.1", port))) for port in ports]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for origin in self.origins:
            origin.__exit__()

    def answer(self, wire, request):
        target = path_of(request.target)
        with self.lock:
            self.seen[target] += 1
            again = self.seen[target] > 1
        kind = target.split("/")[1]
        if kind == "failing" and again:
            return respond(wire, "out of order", status=503)
        control = {"plain": [], "gone": [], "assets": ["Cache-Control: max-age=0", "Set-Cookie: seen=1"],
                   "failing": ["Cache-Control: max-age=1"]}.get(kind, ["Cache-Control: max-age=1000"])
        respond(wire, f"{request.method} of {target}", f"Date: {email.utils.formatdate(usegmt=True)}", "Content-Type: text/plain",
                       "X-Powered-By: some server", *control, status=404 if kind == "gone" else 200)
        return request["Connection"] != "close"  # Varnish's probes wait for that


def path_of(target):
    return re.sub(r"^http://[^/]*", "", target).split("?")[0]


class Place:
    """A network with sites in it and one cache."""

    def __init__(self, stack, port, site_ports):
        self.network = Namespace()
        stack.callback(self.network.remove)
        self.port = port
        with self.network:
            self.sites = stack.enter_context(Sites(*site_ports))

    def run(self, stack, tmp, *command):
        """A program that is not ours, until it serves."""
        process = subprocess.Popen([*self.network.before, *map(str, command)], cwd=tmp, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        stack.callback(process.stderr.close)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        until(lambda: self.serves() or self.has_ended(process))

    @staticmethod
    def has_ended(process):
        assert process.poll() is None, process.stderr.read()

    def serves(self):
        with self.network, contextlib.suppress(OSError, EOFError):
            return ask(self.port, "http://www.example.org/health", host="www.example.org").status == 200

    def ask(self, *arguments, **more):
        with self.network:
            return ask(self.port, *arguments, **more)


class Pair:
    """The old one and the new one."""

    def __init__(self, old, new):
        self.places = (old, new)

    def ask(self, target, *fields, **more):
        """What both answer: status, body, and what they have asked their sites of this target so far."""
        answers = [place.ask(target, *fields, **more) for place in self.places]
        told = [(answer.status, answer.body.decode(), place.sites.seen[path_of(target)]) for answer, place in zip(answers, self.places)]
        assert told[0] == told[1], target
        self.old, self.new = answers
        return told[0]

    def serves_stale(self, target):
        """Both do, and ask their sites behind it."""
        for place in self.places:
            answer = place.ask(target)
            assert (answer.status, answer.body.decode()) == (200, f"GET of {target}")
            until(lambda place=place: place.sites.seen[target] == 2)


@contextlib.contextmanager
def side_by_side(tmp_path, name, port, site_ports, command):
    with contextlib.ExitStack() as stack:
        old, new = (Place(stack, port, site_ports) for _ in range(2))
        for folder in ("old", "new"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder).chmod(0o777)
        tmp_path.chmod(0o777)
        old.run(stack, tmp_path / "old", *command)
        stack.enter_context(Node(tmp_path / "new", (EXAMPLES / name / "cairn.yaml").read_text(), before=new.network.before,
                                 cwd=tmp_path / "new"))
        yield Pair(old, new)


@needs_networks
def test_nginx(tmp_path):
    command = ["nginx", "-p", tmp_path / "old", "-c", EXAMPLES / "from-nginx/nginx.conf", "-g", "daemon off; user root;"]
    with side_by_side(tmp_path, "from-nginx", 8080, (8000, 8001), command) as pair:
        pair.ask("/failing")
        over = time.monotonic() + 2.1
        for target, asked in (("/plain", 1), ("/fresh", 1), ("/fresh/1?a=1", 1), ("/assets/a.css", 1), ("/gone", 1), ("/api/x", 2)):
            first = pair.ask(target)
            assert pair.ask(target) == (first[0], first[1], asked), target
            # Where nginx has no cache it has no word either.
            assert pair.new["X-Cache-Status"] == (pair.old["X-Cache-Status"] or "BYPASS")
        assert pair.ask("/assets/a.css")[2] == 1
        assert pair.old["Set-Cookie"] is pair.new["Set-Cookie"] is pair.old["X-Powered-By"] is pair.new["X-Powered-By"] is None
        assert pair.ask("/fresh", "Cookie: session=1")[2] == 2
        assert (pair.old["X-Cache-Status"], pair.new["X-Cache-Status"]) == ("BYPASS", "BYPASS")
        assert pair.ask("/fresh", method="POST", body="x")[1] == "POST of /fresh"
        until(lambda: time.monotonic() > over)
        pair.serves_stale("/failing")


@needs_networks
def test_varnish(tmp_path):
    command = ["varnishd", "-F", "-n", tmp_path / "old/work", "-T", "none", "-s", "malloc,256m", "-a", "127.0.0.1:8080",
               "-j", "none", "-f", EXAMPLES / "from-varnish/default.vcl"]
    with side_by_side(tmp_path, "from-varnish", 8080, (8000, 8001), command) as pair:
        pair.ask("/failing")
        over = time.monotonic() + 2.1
        for target, asked in (("/plain", 1), ("/fresh", 1), ("/fresh/1?b=1&a=2", 1), ("/assets/a.css", 1), ("/gone", 1), ("/account/me", 2)):
            first = pair.ask(target)
            assert pair.ask(target) == (first[0], first[1], asked), target
            assert pair.new["X-Cache"].split()[0] == pair.old["X-Cache"]
        assert pair.old["X-Powered-By"] is pair.new["X-Powered-By"] is None
        # Neither counting parameters nor the order of parameters makes another page.
        assert pair.ask("/fresh", "Cookie: language=en")[2] == 1
        assert pair.ask("/fresh/1?a=2&utm_source=mail&b=1")[2] == 1
        assert pair.ask("/fresh", "Cookie: session=1")[2] == 2
        assert pair.ask("/assets/a.css")[2] == 1
        assert pair.old["Set-Cookie"] is pair.new["Set-Cookie"] is None
        for place in pair.places:
            assert place.ask("/fresh", method="PURGE").status == 200
        assert pair.ask("/fresh")[2] == 3
        until(lambda: time.monotonic() > over)
        pair.serves_stale("/failing")


@needs_networks
def test_squid(tmp_path, squid_service):
    command = ["squid", "-N", "-n", squid_service, "-f", EXAMPLES / "from-squid/squid.conf"]
    with side_by_side(tmp_path, "from-squid", 3128, (3129, 8000), command) as pair:
        for url, asked in (("http://www.example.org/fresh", 1), ("http://www.example.org/plain", 2), ("http://www.example.org/plain/a.css", 1),
                           ("http://www.intranet.example/fresh/in", 1)):
            fields = ("Referer: http://www.example.org/",)
            first = pair.ask(url, *fields, host=url.split("/")[2])
            assert pair.ask(url, *fields, host=url.split("/")[2]) == (first[0], first[1], asked), url
        for place in pair.places:
            company, intranet = place.sites.origins
            assert {path_of(request.target) for request in intranet.requests} == {"/fresh/in"}
            assert "/fresh" in {path_of(request.target) for request in company.requests}
            for request in company.requests + intranet.requests:
                assert request["Referer"] is None
                assert request["X-Forwarded-For"] is None
        for place in pair.places:
            assert place.ask("http://www.ads.example/fresh", host="www.ads.example").status == 403
            place.network.address("lo", "192.0.2.1/32")
            assert place.ask("http://www.example.org/fresh", host="www.example.org", address="192.0.2.1", source="192.0.2.1").status == 403
        refused = [place.ask("www.example.org:22", method="CONNECT", host="www.example.org:22") for place in pair.places]
        assert [answer.status for answer in refused] == [403, 403]
        for place in pair.places:
            assert place.ask("http://www.example.org/fresh", method="PURGE", host="www.example.org").status == 200
        assert pair.ask("http://www.example.org/fresh", host="www.example.org")[2] == 2


# ---- the pages themselves ----

@pytest.mark.parametrize("name", ["squid", "nginx", "varnish"])
def test_page_shows_what_is_tried(name):
    page = (DOCS / f"from-{name}.md").read_text()
    for file in (EXAMPLES / f"from-{name}").iterdir():
        assert f"`{file.name}`:\n\n```" in page
        assert file.read_text() in page


def known_settings():
    """"store.memory" and the like; what stands within a list of items has [] behind the list's name."""
    section, found = None, set()
    for line in (DOCS / "reference/settings.md").read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
            found.add(section)
        setting = re.match(r"\| `(\w+)` \|", line)
        if setting:
            found.add(f"{section}.{setting[1]}")
    return found | {setting.replace("request_fields", "response_fields") for setting in found}


@pytest.mark.parametrize("name", ["squid", "nginx", "varnish"])
def test_page_names_settings_that_are_there(name):
    """All that is written with a section's name in front."""
    known = known_settings()
    sections = {re.split(r"[.\[]", setting)[0] for setting in known}
    for said in re.findall(r"`([a-z_]+(?:\[\])?(?:\.[A-Za-z_]+(?:\[\])?)+)[`:]", (DOCS / f"from-{name}.md").read_text()):
        if re.split(r"[.\[]", said)[0] in sections:
            assert said in known, said
