"""The load: wrk on cores of its own, and what a server's processes used while it ran."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

from .servers import Failed, on_cores

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "load.lua"


def _perf(pids, out):
    return ["perf", "stat", "-x,", "-e", "instructions:u", "-o", out, "-p", ",".join(map(str, pids)), "--"]


def processor_counts():
    """Does the system let us read the processor's own counters?"""
    if shutil.which("perf") is None:
        return False
    run = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False)
    return run.returncode == 0 and run.stderr[:1].isdigit()


def drive(server, target, cores, seconds, connections, words=(), counting=False):
    """One round: {requests, seconds, p50_us, p99_us, user_us, system_us, instructions}; the last three a request."""
    command = on_cores(cores, ["wrk", "-t", min(len(cores), connections), "-c", connections, "-d", f"{seconds}s", "-s", SCRIPT,
                               f"http://127.0.0.1:{server.port}{target}", "--", *words])
    with tempfile.NamedTemporaryFile("r") as out:
        if counting:
            command = _perf(server.pids(), out.name) + command
        before = server.cpu_us()
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        after = server.cpu_us()
        counted = re.search(r"^(\d+),", out.read(), re.M)
    return _told(server, run.stdout, [b - a for a, b in zip(before, after)], int(counted[1]) if counted else None)


def _told(server, output, used, instructions):
    try:
        said = json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failed(f"wrk:\n{output}") from None
    if said.pop("errors") or not said["requests"]:
        raise Failed(f"answers with errors:\n{output}")
    n = said["requests"]
    return {**said, "rate": n / said["seconds"], "user_us": used[0] / n, "system_us": used[1] / n, "cpu_us": sum(used) / n,
            "busy": sum(used) / 1e6 / said["seconds"], "instructions": instructions and instructions / n}
