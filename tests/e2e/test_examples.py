"""What lies in examples/ runs as it stands: each in a network of its own, where its ports are free."""
import contextlib
import subprocess

import pytest
from namespaces import Namespace, why_not
from rig import ROOT, Node, ask, until
from rows_rig import Site
from squid_rig import squid_service  # noqa: F401  pylint: disable=unused-import

EXAMPLES = ROOT / "examples"
WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture
def network():
    made = Namespace()
    try:
        with made:
            yield made
    finally:
        made.remove()


def serve(stack, tmp, name):
    """The node of an example."""
    folder = tmp / name.replace("/", "-")
    folder.mkdir()
    return stack.enter_context(Node(folder, (EXAMPLES / f"{name}.yaml").read_text(), cwd=folder))


@contextlib.contextmanager
def squid(service, conf, port):
    with subprocess.Popen(["squid", "-N", "-n", service, "-f", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None
            yield process
        finally:
            process.kill()


def answers(port):
    with contextlib.suppress(OSError, EOFError):
        return ask(port, "/squid-internal-mgr/menu", host="shield")
    return None


@contextlib.contextmanager
def site_on(port):
    """An origin on the port that the examples ask."""
    made = Site(port)
    with made.origin:
        yield made


def words(answer, field):
    return [item.split()[0] for item in answer[field].split(", ")]


def names(answer):
    return [item.split()[2] for item in answer["X-Cache"].split(", ")]


@pytest.mark.parametrize("shield", ["shield.yaml", "squid.conf"])
def test_row_of_three(network, tmp_path, shield, squid_service):
    """A first visit, a second one, and a reload; with a Squid in the middle Squid's own words are there."""
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(site_on(8000))
        serve(stack, tmp_path, "row-of-three/gate")
        if shield == "squid.conf":
            stack.enter_context(squid(squid_service, EXAMPLES / "row-of-three/squid.conf", 3128))
        else:
            serve(stack, tmp_path, "row-of-three/shield")
        serve(stack, tmp_path, "row-of-three/edge")
        first = until(lambda: found(ask(8080, "/fresh/page")))
        assert names(first) == ["gate", "shield", "edge"]
        assert words(first, "X-Cache") == words(first, "X-Cache-Lookup") == ["MISS", "MISS", "MISS"]
        assert ask(8080, "/fresh/page")["X-Cache"] == "MISS from gate, MISS from shield, HIT from edge"
        again = ask(8080, "/fresh/page", "Cache-Control: no-cache")
        assert words(again, "X-Cache-Lookup") == ["HIT", "MISS" if shield == "squid.conf" else "HIT", "HIT"]
        assert again["X-Cache-Miss-From"] == "gate"
        ask(8080, "/fresh/page?question")
        assert site.seen["/fresh/page"] == 2
        assert ask(8080, "/account/page")["Cache-Control"] == "max-age=1000"
        assert "fwd=bypass" in ask(3128, "http://a.example/account/page", host="a.example")["Cache-Status"]


def found(answer):
    """Squid tries its parent before it believes in it; until then it says 503."""
    return answer if answer.status == 200 else None


def test_one_site(network, tmp_path):
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(site_on(8000))
        serve(stack, tmp_path, "one-site")
        assert ask(8080, "/no-store/page")["X-Cache"] == "MISS from edge-1"
        for _ in range(2):
            asset = ask(8080, "/assets/style.css")
        assert (asset["X-Cache"], asset["Age"]) == ("HIT from edge-1", "0")
        for _ in range(2):
            assert "fwd=bypass" in ask(8080, "/account/me")["Cache-Status"]
        assert (site.seen["/assets/style.css"], site.seen["/account/me"]) == (1, 2)
        assert ask(8080, "/assets/style.css", method="PURGE").status == 200


def test_forward_proxy(network, tmp_path):
    with contextlib.ExitStack() as stack:
        stack.enter_context(site_on(8000))
        serve(stack, tmp_path, "forward-proxy")
        for _ in range(2):
            answer = ask(3128, "http://127.0.0.1:8000/fresh/page", host="127.0.0.1:8000")
        assert (answer.status, answer["X-Cache"]) == (200, "HIT from office")
        assert ask(3128, "127.0.0.1:22", method="CONNECT", host="127.0.0.1:22").status == 403


def test_siblings(network, tmp_path):
    """What one has fetched the other finds there, by what HTCP says at once; and a purge at one reaches the other."""
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(site_on(8000))
        first, second = serve(stack, tmp_path, "siblings/cache-1"), serve(stack, tmp_path, "siblings/cache-2")
        assert ask(8080, "/fresh/page")["X-Cache"] == "MISS from cache-1"
        assert ask(8090, "/fresh/page")["X-Cache"] == "HIT from cache-1, MISS from cache-2"
        assert ask(8090, "/fresh/page", method="PURGE").status == 200
        until(lambda: first.metric("cairn_neighbour_asked_total", protocol="htcp", answer="cleared") == 1)
        assert ask(8080, "/fresh/page")["X-Cache"] == "MISS from cache-1"
        assert site.seen["/fresh/page"] == 2
        until(lambda: second.metric("cairn_neighbour_digest_entries") == 1)


def test_shield_and_edges(network, tmp_path):
    """What one edge has fetched, the other finds at the shield."""
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(site_on(8000))
        for name in ("shield", "edge-1", "edge-2"):
            serve(stack, tmp_path, f"shield-and-edges/{name}")
        assert ask(8080, "/fresh/page")["X-Cache"] == "MISS from shield, MISS from edge-1"
        assert ask(8081, "/fresh/page")["X-Cache"] == "HIT from shield, MISS from edge-2"
        assert site.seen["/fresh/page"] == 1
