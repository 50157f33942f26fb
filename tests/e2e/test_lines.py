"""A hit writes no cache line that another worker writes, but the one that counts the entry's hits, and reads none that others
write for their misses (bench/lines)."""
import pathlib
import re
import subprocess

from rig import CAIRN

LINES = pathlib.Path(__file__).resolve().parents[2] / "bench/lines"


def test_what_hits_share():
    run = subprocess.run([LINES, CAIRN, "--hits", "40"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("Of these, others write 1:") == 4
    assert re.search(r"^what is read: 40 hits by the thread \d+ read \d{2,3} lines\. Of these, .* writes 0 at", run.stdout, re.M)
