"""A crowd at a cold URL: one request goes upstream, everybody has the whole body, and has it as it comes."""
import asyncio
import hashlib
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import crowd  # noqa: E402

CAIRN = pathlib.Path(os.environ.get("CAIRN", ROOT / "build/cairn")).resolve()
LIMIT_S = 120
TARGET = "/cold"
MANY = 1000


class Site:
    """A node with two workers before an origin of the test's own."""

    def __init__(self, folder, *origin):
        self.folder, self.origin = folder, crowd.Origin(*origin)

    async def __aenter__(self):
        await self.origin.start()
        self.node = await crowd.Cairn(CAIRN, self.origin.port, self.folder, workers=2).start()
        return self

    async def __aexit__(self, *error):
        status = await self.node.stop()
        await self.origin.stop()
        assert status == 0, self.node.output()

    async def ask(self, clients):
        await crowd.ask_at_once(clients, TARGET, LIMIT_S)


@pytest.fixture(autouse=True)
def descriptors():
    crowd.raise_descriptor_limit(2 * MANY + 100)


def check_all(clients, size):
    want = hashlib.sha256(crowd.body_of(TARGET, size)).digest()
    assert [c.status for c in clients] == [200] * len(clients)
    assert all(c.body.digest() == want for c in clients)


def test_a_thousand_are_one_fetch(tmp_path):
    size = 50_000

    async def play():
        async with Site(tmp_path, 0.3, size) as site:
            clients = await crowd.gather_crowd(MANY, site.node.port)
            await site.ask(clients)
        check_all(clients, size)
        assert site.origin.requests == [TARGET]
        assert sum("collapsed" in c.field("Cache-Status") for c in clients) > 0
        return site.node.records(TARGET)

    records = asyncio.run(play())
    assert len(records) == MANY
    leaders = [r for r in records if r["served"] == "MISS" and "collapsed" not in r]
    followers = [r for r in records if r.get("collapsed") == "yes"]
    assert len(leaders) == 1 and "woken_ms" not in leaders[0]
    assert all(r["served"] == "HIT" or r in leaders or r in followers for r in records)
    assert any(r.get("woken_ms", 0) > 0 for r in followers)


def test_a_slow_stream_is_followed_as_it_comes(tmp_path):
    """The origin sends a piece only after every client has all before it: who holds anything back stops everything."""
    size, pieces, many = 400_000, 10, 100
    clients, went_on = [], asyncio.Event()

    async def everybody_has(sent):
        while min(c.received for c in clients) < sent:
            went_on.clear()
            await went_on.wait()

    async def play():
        async with Site(tmp_path, 0, size, pieces, everybody_has) as site:
            clients.extend(await crowd.gather_crowd(many, site.node.port, lambda client: went_on.set()))
            await site.ask(clients)
            late = await crowd.gather_crowd(1, site.node.port)
            await site.ask(late)
        check_all(clients + late, size)
        assert site.origin.requests == [TARGET]

    asyncio.run(play())
