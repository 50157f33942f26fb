"""What a server's processes take: processor time, and memory."""
import os
import pathlib
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all that descend from it, as long as they are there."""
    found = [pid]
    for p in found:
        for task in pathlib.Path(f"/proc/{p}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                pass  # it ended just now
    return found


def _times(pid):
    """User and system time of all its threads, those that have ended too. In ticks, and exact to one: the system counts
    the sum in nanoseconds, and divides it by what each tick hit upon."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])
    except OSError:
        return 0, 0


def cpu_us(pids):
    """User and system time in microseconds."""
    times = [_times(p) for p in pids]
    return tuple(sum(t[i] for t in times) * 1_000_000 // TICKS for i in (0, 1))


def _share(pid):
    """Resident bytes; what several processes have in common counts once, in parts."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def resident(pids, folder=None):
    """Resident bytes, and what files take in a folder that lies in memory."""
    total = sum(map(_share, pids))
    if folder:
        total += int(subprocess.run(["du", "-s", "--block-size=1", folder], stdout=subprocess.PIPE, check=False,
                                    stderr=subprocess.DEVNULL).stdout.split()[0])
    return total
