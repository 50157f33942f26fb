"""The caches and the origin: started on a core of their own, looked at, stopped.

A cache is described by a folder in bench/peers/: peer.toml says how it is started, the other files are its configuration.
In all of them a word between two @ is replaced by its value, and what is copied lies in the cache's own folder, in memory.
"""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import tomllib

from . import processes

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
EDGES = PEERS.parent / "edges"
IN_MEMORY = "/dev/shm"
START_LIMIT_S = 30
STOP_LIMIT_S = 10
MIB = 1 << 20


class Failed(Exception):
    """A server does not do what the bench needs of it; in words."""


def hold_port():
    """A socket with a port of its own. While it is open nobody is given the port who asks for any; who asks for this one,
    and for SO_REUSEADDR as servers do, gets it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def get(port, target):
    """Status, fields and body of one answer, on a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", target, headers={"Host": "bench.example"})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        client.close()


def body_of(target, size):
    """What the origin answers: the target, over and over."""
    return (target.encode() * (size // len(target) + 1))[:size]


class Origin:
    def __init__(self, program, cores):
        self.process = subprocess.Popen(on_cores(cores, [program]), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())

    def count(self):
        """How many objects it has been asked for so far."""
        return int(get(self.port, "/count")[2])

    def stop(self):
        self.process.kill()
        self.process.wait()


def on_cores(cores, command):
    return ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]


class Kind:
    """What a folder of bench/peers/ says. `over`: a folder of whoever needs the cache set up in another way; its files
    stand in place of those."""

    def __init__(self, name, program=None, over=None):
        self.name, self.program = name, program
        self.places = {"program": program, "tools": program and pathlib.Path(program).parent / "bench"}
        folders = [folder for folder in (PEERS / name, over) if folder is not None and folder.is_dir()]
        self.files = {file.name: file for folder in folders for file in folder.iterdir()}
        said = tomllib.loads(self.files.pop("peer.toml").read_text())
        self.title, self.command, self.log_command = said["title"], said["command"], said.get("log_command")
        self.folders, self.stored_in, self.log = said.get("folders", []), said.get("stored_in"), said.get("log", {})
        self.logs_to = said["logs_to"]
        self.nudge = said.get("nudge")  # what to ask for, so that it looks soon whether it holds too much
        self.cases = said.get("cases")  # that it takes part in, where that is not all; who does is no cache
        self.takes_all_at_once = said.get("takes_all_at_once", False)
        self.version_command, self.copied = said.get("version"), said.get("copied", [])

    def takes_part_in(self, case):
        return self.cases is None or case.name in self.cases

    def installed(self):
        return shutil.which(fill(self.command[0], self.places)) is not None

    def version(self):
        """The first line that it prints of itself with a number in it."""
        command = [fill(word, self.places) for word in self.version_command]
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
        found = re.search(r"\d+\.\d+(\.\d+)?", said)
        return found[0] if found else "unknown"


def fill(text, values):
    return re.sub(r"@(\w+)@", lambda found: str(values[found[1]]), text)


class Server:
    """A cache that runs. Leave a `with` block to stop it. `at_once`: it may take its memory at the start, if it can; else as
    it needs it, if it can."""

    def __init__(self, kind, origin, cores, memory=1024 * MIB, log=False, at_once=False, **more):
        self.kind, self.name, self.title = kind, kind.name, kind.title
        self.cores, self.log, self.memory = cores, log, memory
        self.held = hold_port()
        self.port = self.held.getsockname()[1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{kind.name}-", dir=IN_MEMORY))
        values = {
            "port": self.port, "origin": origin.port, "folder": self.folder, **kind.places,
            "memory": memory, "memory_kb": memory >> 10, "memory_mb": max(memory // MIB, 2),
            "at_once": "true" if at_once else "false", "memory_half": max(memory // MIB, 2) * MIB // 2, "storage": max(memory, 256 * MIB),
            "nobody": "nobody" if os.getuid() == 0 else "#-1", **more,
        }
        self.values = {**values, "log": fill(kind.log.get("on" if log else "off", ""), values)}
        self.running = []
        self.begun = self.answered = None

    def __enter__(self):
        try:
            self.lay_out()
            self._start(self.kind.command)
            self._await_answer()
            if self.log and self.kind.log_command:
                self._start(self.kind.log_command)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.running:
            self._end(process)
        self.held.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def lay_out(self):
        self.folder.chmod(0o777)  # some become another user
        for name in self.kind.folders:
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        for file in self.kind.copied:
            shutil.copy(file, self.folder)
        for name, file in self.kind.files.items():
            (self.folder / name).write_text(fill(file.read_text(), self.values))

    def filled(self, command):
        return [fill(word, self.values) for word in command]

    def _start(self, command):
        self.begun = self.begun or time.monotonic()
        with open(self.folder / "output", "ab") as out:
            self.running.append(subprocess.Popen(on_cores(self.cores, self.filled(command)), stdin=subprocess.DEVNULL, stdout=out,
                                                 stderr=out, cwd=self.folder))

    def _await_answer(self):
        """Until it answers for the first time."""
        end = self.begun + START_LIMIT_S
        while True:
            try:
                if get(self.port, "/keep/100/start")[0] == 200:
                    self.answered = time.monotonic()
                    return
            except (OSError, http.client.HTTPException):
                pass  # not yet
            if time.monotonic() > end or self.running[0].poll() is not None:
                raise Failed(f"does not answer:\n{self.output()}")
            time.sleep(0.001)

    @staticmethod
    def _end(process):
        """First in peace; then all that is left of it."""
        pids = processes.family(process.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()

    def output(self):
        return (self.folder / "output").read_text(errors="replace")[-2000:]

    def pids(self):
        return [pid for process in self.running for pid in processes.family(process.pid)]

    def cpu_us(self):
        return processes.cpu_us(self.pids())

    def logged(self):
        """Bytes in its log."""
        return (self.folder / self.kind.logs_to).stat().st_size

    def idle(self):
        """Resident bytes of a server that has nothing stored; not counted what it has already taken for its store."""
        return self.resident() - (self.memory if self.kind.takes_all_at_once else 0)

    def resident(self):
        return processes.resident(self.pids(), self.kind.stored_in and self.folder / self.kind.stored_in)


class Row:
    """Two servers, one in front of the other, as if they were one. Leave a `with` block to stop both."""

    def __init__(self, shield, edge):
        self.shield, self.edge = shield, edge
        self.kind, self.name, self.title, self.port = shield.kind, shield.name, shield.title, edge.port

    def __enter__(self):
        with contextlib.ExitStack() as starting:
            starting.enter_context(self.shield)
            starting.enter_context(self.edge)
            self.running = starting.pop_all()
        return self

    def __exit__(self, *_):
        self.running.close()

    def pids(self):
        return self.shield.pids() + self.edge.pids()

    def cpu_us(self):
        return processes.cpu_us(self.pids())
