"""A hit takes no lock: all that a worker takes while it answers some thousand of them is counted (taken.c)."""
import os
import struct

import pytest

from rig import CAIRN, Node, Origin, fresh, settings, until

HITS = 3000
TAKEN = CAIRN.parent / "tests/e2e/libtaken.so"


class Rows:
    """What each thread of the node has done so far."""

    def __init__(self, folder):
        self.file = folder / "taken"
        self.file.touch()
        self.env = {**os.environ, "LD_PRELOAD": str(TAKEN), "TAKEN": str(self.file)}

    def read(self):
        """By thread, the pair of locks and messages."""
        return {row[0]: row[1:] for row in struct.iter_unpack("=QQQ", self.file.read_bytes()) if row[0]}

    def during(self, what):
        """What each thread did meanwhile that sent anything."""
        before = self.read()
        what()
        changed = {thread: tuple(now - was for now, was in zip(row, before.get(thread, (0, 0))))
                   for thread, row in self.read().items()}
        return {thread: (locks, messages) for thread, (locks, messages) in changed.items() if messages}


def hits(wire, count=HITS):
    for _ in range(count):
        assert wire.ask("/object")["X-Cache"] == "HIT from edge-1"


def connection_to_each(node, rows, workers):
    """A connection to each worker, by its thread. The kernel spreads them."""
    wires = {}
    for _ in range(1000):
        wire = node.dial()
        thread, = rows.during(lambda: hits(wire, 1))  # pylint: disable=cell-var-from-loop
        wires.setdefault(thread, wire)
        if len(wires) == workers:
            return wires
    raise AssertionError("some worker has got no connection")


def keeps_house(rows):
    """The worker that takes locks though nobody asks: it looks after the store, ten times a second."""
    before = rows.read()
    busy, = until(lambda: [thread for thread, (locks, messages) in rows.read().items()
                           if messages and locks > before[thread][0]])
    return busy


@pytest.mark.parametrize("log", ("off", "access.log"))
def test_a_hit_takes_no_lock(tmp_path, log):
    rows = Rows(tmp_path)
    with Origin(fresh) as origin:
        file = log if log == "off" else str(tmp_path / log)
        with Node(tmp_path, settings(origin.url, logs=[{"file": file}]), env=rows.env) as node:
            node.ask("/object")
            wires = connection_to_each(node, rows, 2)
            del wires[keeps_house(rows)]
            (thread, wire), = wires.items()
            assert rows.during(lambda: hits(wire)) == {thread: (0, HITS)}
            (locks, _), = rows.during(lambda: wire.ask("/something-else")).values()
            assert locks > 0, "a miss does take some: nothing is being counted"
