"""What came of it, as Markdown, JSON and a picture."""
import json
import os
import platform
import time

from . import figures, picture, stats


def result(case, kinds, rounds):
    """Of one case: each server's figures, and Cairn's by each peer's."""
    servers = []
    for kind in kinds:
        told = rounds.get(kind.name, [])
        ratio = stats.ratios(rounds.get("cairn", []), told, case.figure) if kind.name != "cairn" else None
        servers.append({"name": kind.name, "title": kind.title, "figures": stats.summary(told), "ratio": ratio,
                        "rounds": told})
    return {"case": case.name, "title": case.title, "figure": case.figure, "unit": case.unit,
            "more_is_better": case.more_is_better, "servers": servers}


def about(bench):
    """What was measured, on what. Of the machine no more than its processor and how many of them."""
    with open("/proc/cpuinfo", encoding="ascii") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())
    return {"date": time.strftime("%Y-%m-%d"), "processor": model, "cores": len(bench.load_cores) + len(bench.server_cores),
            "kernel": platform.release().split("-")[0], "load": os.getloadavg()[0], "rounds": bench.rounds, "seconds": bench.seconds,
            "connections": bench.connections, "instructions_counted": bench.counting,
            "versions": {kind.title: kind.version() for kind in bench.kinds if kind.version_command}}


def head(a):
    versions = ", ".join(f"{name} {version}" for name, version in a["versions"].items())
    return "\n".join([
        "# Cairn beside its peers", "",
        f"{versions}. {a['processor']}, {a['cores']} cores used, Linux {a['kernel']}, {a['date']}; load of other work when it "
        f"began: {a['load']:.1f}.", "",
        f"Each with one worker, all on the same core; `wrk` with {a['connections']} connections on another. "
        f"{a['rounds']} rounds of {a['seconds']:g} s, in turns. Medians of the rounds; "
        "in brackets the least and the most. The ratio is Cairn's figure by the peer's in the same round. The bare loop is no "
        "cache: it reads a request and sends again what it has sent before. That is the kernel's part of a hit, as near as may be.", "",
        "" if a["instructions_counted"] else "User instructions are not counted: this system does not let the processor's "
        "counters be read. For Cairn alone, `bench/hit` counts them by callgrind.\n"])


def ratio(r):
    if not r:
        return ""
    return f"{r['median']:.2f}" + (f" ({r['least']:.2f} to {r['most']:.2f})" if r["least"] != r["most"] else "")


def table(r):
    lines = [f"## {r['title']} (`{r['case']}`)", ""]
    shown = [f for f in figures.FIGURES if any(f in s["figures"] for s in r["servers"])]
    better = "more" if r["more_is_better"] else "less"
    lines.append(" | ".join(["| server", *map(figures.heading, shown), f"Cairn ÷ it, {r['unit']} ({better} is better) |"]))
    lines.append("|---" * (len(shown) + 2) + "|")
    for s in r["servers"]:
        lines.append(" | ".join([f"| {s['title']}", *(figures.written(f, s["figures"].get(f)) for f in shown), ratio(s["ratio"]) + " |"]))
    return "\n".join(lines + [""])


def rounded(value):
    """Six digits are more than was measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def as_json(a, results):
    """A line for each case."""
    head, *lines = [json.dumps(rounded(part), ensure_ascii=False) for part in (a, *results)]
    return f'{{"about": {head}, "results": [\n' + ",\n".join(lines) + "\n]}\n"


def write(folder, a, results):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text("\n".join([head(a), *map(table, results)]))
    (folder / "bench.json").write_text(as_json(a, results))
    (folder / "bench.svg").write_text(picture.draw(results))
