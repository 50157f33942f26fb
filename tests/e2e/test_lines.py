"""A hit writes no cache line that another worker writes, but the one that counts the entry's hits (bench/lines)."""
import pathlib
import subprocess

from rig import CAIRN

LINES = pathlib.Path(__file__).resolve().parents[2] / "bench/lines"


def test_a_hit_writes_one_shared_line():
    run = subprocess.run([LINES, CAIRN, "--hits", "40"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("Of these, others write 1:") == 4
