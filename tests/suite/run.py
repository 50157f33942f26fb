#!/usr/bin/env python3
"""Runs the public RFC suite (http-cache-tests) against a node with default settings, and judges the results.

    run.py PROGRAM [--write docs/conformance.md | --check docs/conformance.md] [--test ID]

Every required and every optimal test has to pass, but those in not_owed.json, each with its reason. The suite's clock is
the real one, and its stale tests wait for seconds to pass; what fails is tried once more alone, so that a pause of a busy
machine does not count as a fault of the cache. The page of results in the tree is written with --write, and with --check it has
to be the one that would be written. Ends with a line "N passed, N failed".
"""
import argparse
import difflib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SUITE = HERE / "node_modules" / "http-cache-tests"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, what, process):
    for _ in range(400):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"{what} did not start")


def catalogue():
    """id -> (name, kind, suite's name), from the suite's own definitions. Surrogate-Control, which cli.mjs adds to them, is
    left out: RFC 9213 put CDN-Cache-Control in its place."""
    script = """
      import tests from './tests/index.mjs'
      const all = {}
      for (const s of tests) for (const t of s.tests)
        if (!t.browser_only) all[t.id] = [t.name, t.kind || 'required', s.name]
      console.log(JSON.stringify(all))"""
    out = subprocess.run(["node", "--input-type=module", "-e", script], cwd=SUITE, capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit("the suite cannot be read: " + out.stderr)
    return json.loads(out.stdout)


def ask(base, test=""):
    env = dict(os.environ, npm_config_base=base, npm_config_id=test, npm_package_config_id=test)
    command = ["node", "--no-warnings", "cli.mjs"]
    out = subprocess.run(command, cwd=SUITE, env=env, capture_output=True, text=True, timeout=300)
    if test:
        return out.stdout
    start = out.stdout.find("{")
    if start < 0:
        sys.exit("the suite gave no results: " + out.stdout + out.stderr)
    return json.loads(out.stdout[start:])


def run(program, test):
    origin_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as tmp:
        env = dict(os.environ, npm_config_port=str(origin_port), npm_config_protocol="http",
                   npm_config_pidfile=tmp + "/pid")
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        origin = subprocess.Popen(["node", "server/server.mjs"], cwd=SUITE, env=env, **quiet)
        node = None
        try:
            wait_for(origin_port, "the suite's server", origin)
            node = subprocess.Popen([program, "serve", "--listen", f"127.0.0.1:{port}", "--origin",
                                     f"http://127.0.0.1:{origin_port}", "--log", "off", "--name", "suite"],
                                    stdout=subprocess.DEVNULL)
            wait_for(port, "cairn", node)
            if test:
                return ask(f"http://127.0.0.1:{port}", test)
            results = ask(f"http://127.0.0.1:{port}")
            again = ask(f"http://127.0.0.1:{port}")
            return {name: first if first is True else again.get(name, first) for name, first in results.items()}
        finally:
            for process in (node, origin):
                if process:
                    process.terminate()
                    process.wait(20)


def scenes_for_newest():
    """id -> scene, for what the suite's newest version adds. The scene has to name the test that it stands for."""
    scenes = json.loads((HERE / "newest.json").read_text())
    for name, scene in scenes.items():
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", (ROOT / scene).read_text()):
            sys.exit(f"{scene} does not say that it stands for {name}")
    return scenes


def totals(tests, results):
    kinds = {}
    for name, (_, kind, _) in tests.items():
        passed, total = kinds.get(kind, (0, 0))
        kinds[kind] = (passed + (results.get(name) is True), total + 1)
    rows = [f"| {kind} | {passed} | {total} |" for kind, (passed, total) in sorted(kinds.items())]
    return ["| kind | passed | of |", "|---|---|---|"] + rows


def not_passed(tests, results, not_owed):
    rows = [f"| `{name}` | {kind} | {not_owed.get(name, 'to be mended')} |" for name, (_, kind, _) in tests.items()
            if results.get(name) is not True and kind != "check"]
    return ["## Not passed, and why", "", "| test | kind | why |", "|---|---|---|"] + rows


def newest(scenes):
    rows = [f"| `{name}` | [{scene}](../{scene}) |" for name, scene in scenes.items()]
    return ["## What the newest version adds", "",
            "Tests that the newest version has, and the release has not, or has with another wish. Each is played on the "
            "wire.", "", "| test | scene |", "|---|---|"] + rows


def result_of(kind, passed):
    if kind == "check":
        return "yes" if passed else "no"
    return "pass" if passed else "fail"


def all_results(tests, results):
    lines, last = [], None
    for name, (title, kind, suite) in tests.items():
        if suite != last:
            lines += ["", f"## {suite}", "", "| test | kind | result |", "|---|---|---|"]
            last = suite
        title = title.replace("|", "/")
        lines.append(f"| `{name}` {title} | {kind} | {result_of(kind, results.get(name) is True)} |")
    return lines


def page(tests, results, not_owed):
    lines = ["# Conformance", "",
             "Results of the public suite `http-cache-tests` 0.4.5 against a node with default settings and an origin. Tests",
             "of kind *check* have no right answer: they tell caches apart. This page is written by `tests/suite/run.py`;",
             "do not edit it.", ""]
    lines += totals(tests, results) + [""] + not_passed(tests, results, not_owed) + [""]
    lines += newest(scenes_for_newest()) + all_results(tests, results)
    return "\n".join(lines) + "\n"


def owed_lines(text):
    """Without the checks: what has no right answer may hang on milliseconds, as that of a lifetime as long as a pause."""
    return [line for line in text.splitlines() if "| check |" not in line]


def differences(path, text):
    """Lines in which the page in the tree and the one of this run differ."""
    before = pathlib.Path(path).read_text() if os.path.exists(path) else ""
    return list(difflib.unified_diff(owed_lines(before), owed_lines(text), "in the tree", "of this run", "", "", 0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--write", metavar="PAGE")
    parser.add_argument("--check", metavar="PAGE")
    parser.add_argument("--test", default="")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    tests = catalogue()
    if options.test:
        print(run(program, options.test))
        return 0
    results = run(program, "")
    not_owed = json.loads((HERE / "not_owed.json").read_text())
    failed = []
    for name, (title, kind, _) in tests.items():
        if kind in ("required", "optimal") and results.get(name) is not True and name not in not_owed:
            failed.append(name)
            print(f"{kind}: {name}: {title}: {results.get(name)}")
    welcome = [n for n in not_owed if results.get(n) is True and not_owed[n].startswith("cannot")]
    for name in welcome:
        print(f"{name} is said to be impossible, and passes: take it out of not_owed.json")
    text = page(tests, results, not_owed)
    if options.write:
        pathlib.Path(options.write).write_text(text)
    stale = differences(options.check, text) if options.check else []
    if stale:
        print(f"{options.check} is not what this run gives; write it anew with --write", *stale, sep="\n")
    owed = [n for n, (_, kind, _) in tests.items() if kind in ("required", "optimal") and n not in not_owed]
    bad = len(failed) + len(welcome) + (1 if stale else 0)
    print(f"{len(owed) - len(failed)} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
