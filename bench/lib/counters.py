"""What a node that runs costs in user instructions: of the whole process, and of it without the thread that writes logs.

Two ways of counting, alike to use: `start` the node, whose standard error is piped to the caller, `attach` to it, and when it has ended, `count`. What was counted
depends on when that began; so measure little and much, and take the difference.
"""
import os
import re
import shutil
import subprocess

LOG = "cairn-log"  # the name of the log's thread
LOG_RUNS = "log_json"  # a function that runs there alone, and has a longer name where the compiler made a copy of it


class Perf:
    """By the processor, in the running process."""
    name = "perf"

    @staticmethod
    def works():
        if shutil.which("perf") is None:
            return False
        run = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True,
                             check=False)
        return run.returncode == 0 and run.stderr[:1].isdigit()

    def __init__(self, folder, event="instructions:u"):
        self.folder, self.event = folder, event
        self.out = folder / "perf"
        self.perf = None

    def start(self, node):
        return subprocess.Popen(node, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def attach(self, process):
        """Returns when it counts."""
        pipes = [self.folder / name for name in ("control", "answer")]
        for pipe in pipes:
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        self.perf = subprocess.Popen(
            ["perf", "stat", "-x,", "--per-thread", "-e", self.event, "-p", str(process.pid), "-o", self.out,
             "-D", "-1", "--control", "fifo:{},{}".format(*pipes)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pipes[0].write_text("enable\n")
        with pipes[1].open() as answer:
            answer.readline()

    def count(self):
        """Instructions of the process without the log's thread, and with it."""
        self.perf.wait(30)
        rows = re.findall(r"^(.*)-\d+,(\d+),", self.out.read_text(), re.M)
        return sum(int(n) for thread, n in rows if thread != LOG), sum(int(n) for _, n in rows)


class Callgrind:
    """Step by step, from the start of the process to its end."""
    name = "callgrind"

    def __init__(self, folder):
        self.out = folder / "callgrind"

    def start(self, node):
        for old in self.out.parent.glob("callgrind*"):
            old.unlink()
        return subprocess.Popen(["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
                                 f"--callgrind-out-file={self.out}", *node],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def attach(self, process):
        pass

    def count(self):
        """The same. There is a file for each thread, which names the functions that it ran."""
        without = whole = 0
        for file in self.out.parent.glob("callgrind-*"):
            text = file.read_text()
            n = int(re.search(r"^totals: (\d+)", text, re.M)[1])
            whole += n
            without += 0 if re.search(rf"\(\d+\) {LOG_RUNS}", text) else n
        return without, whole
