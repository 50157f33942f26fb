#!/usr/bin/env python3
"""Plays the scenes on the wire: every .vtc file below this folder, or those named, against the program.

    tests/vtc/run.py build/cairn [scene or folder ...] [-j 4] [-v]

Each scene has a network and a process namespace of its own, so it may use any port, and nothing that it starts outlives
it. The logs of scenes that fail are printed. In a scene ${cairn} is the program, and ${tests} this folder.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LIMIT_S = 60


def scenes(named):
    for path in map(pathlib.Path, named or [HERE]):
        if path.is_dir():
            yield from sorted(path.rglob("*.vtc"))
        else:
            yield path


def own_namespaces():
    """A command that runs another with nothing but a loopback interface for a network.

    The processes' own /proc is for sanitizers; without it the scenes go as well.
    """
    who = [] if os.geteuid() == 0 else ["--map-root-user"]
    setup = 'mount -t proc proc /proc 2>/dev/null; ip link set lo up && exec "$@"'
    return ["unshare", *who, "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", setup, "sh"]


def play(program, scene, verbose):
    """Whether the scene went as written, and its log."""
    command = ["varnishtest", "-t", str(LIMIT_S), "-D", f"cairn={program}", "-D", f"tests={HERE}"]
    if verbose:
        command.append("-v")
    done = subprocess.run(own_namespaces() + command + [str(scene.resolve())], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode == 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("scene", nargs="*")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="scenes played at a time (2)")
    parser.add_argument("-v", action="store_true", help="print the logs of scenes that pass, too")
    args = parser.parse_intermixed_args()
    program = args.program.resolve(strict=True)

    failed = passed = 0
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        todo = {pool.submit(play, program, scene, args.v): scene for scene in scenes(args.scene)}
        for future in concurrent.futures.as_completed(todo):
            ok, log = future.result()
            passed += ok
            failed += not ok
            if args.v or not ok:
                print(log, end="")
            if not ok:
                print(f"FAILED {os.path.relpath(todo[future])}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
