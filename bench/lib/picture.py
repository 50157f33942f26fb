"""The results as a picture: a panel for each case, with a bar for each server. Readable on a light ground and on a dark one."""
from html import escape

from . import figures

COLUMNS, PANEL_WIDTH, GAP = 3, 292, 26
NAME_WIDTH, VALUE_WIDTH = 82, 52
BAR_HEIGHT, BAR_STEP, BARS_TOP = 11, 18, 46

STYLE = """
text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a }
.title { font-weight: 600; font-size: 12px; fill: #1f2328 }
.own { font-weight: 600; fill: #1f2328 }
.bar { fill: #c4ccd4 } .bar.own { fill: #0f7b8a }
.spread { stroke: #57606a; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .title, .own { fill: #f0f6fc }
  .bar { fill: #4a525c } .bar.own { fill: #2fb5c4 }
  .spread { stroke: #9198a1 }
}
"""


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def bar(server, spread, figure, y, scale):
    """One server: its name, a bar as long as the median, a line from the least to the most, and the number."""
    own = "own" if server["name"] == "cairn" else ""
    middle = y + BAR_HEIGHT / 2
    base = y + BAR_HEIGHT - 1.5
    return [
        text(NAME_WIDTH - 8, base, server["title"], own, "end"),
        f'<rect x="{NAME_WIDTH}" y="{y}" width="{spread["median"] * scale:.1f}" height="{BAR_HEIGHT}" rx="2" class="bar {own}"/>',
        f'<line x1="{NAME_WIDTH + spread["least"] * scale:.1f}" x2="{NAME_WIDTH + spread["most"] * scale:.1f}" '
        f'y1="{middle}" y2="{middle}" class="spread"/>',
        text(PANEL_WIDTH, base, figures.written(figure, spread), own, "end"),
    ]


def panel(result, shown):
    """`shown`: [(server, spread)]."""
    figure = result["figure"]
    room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH
    scale = room / max(spread["most"] for _, spread in shown)
    better = "more" if result["more_is_better"] else "less"
    lines = [text(0, 14, result["title"], "title"), text(0, 30, f"{result['unit']}; {better} is better")]
    for n, (server, spread) in enumerate(shown):
        lines += bar(server, spread, figure, BARS_TOP + n * BAR_STEP - 6, scale)
    return lines


def draw(results):
    panels = []
    for r in results:
        shown = [(s, s["figures"][r["figure"]]) for s in r["servers"] if s["figures"].get(r["figure"])]
        if any(spread["most"] > 0 for _, spread in shown):
            panels.append((r, shown))
    most = max((len(shown) for _, shown in panels), default=0)
    height = BARS_TOP + most * BAR_STEP + 14
    rows = -(-len(panels) // COLUMNS)
    width = COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 {width + 4} {rows * height}" width="{width + 4}" '
             f'height="{rows * height}" role="img">', "<title>Cairn beside other caches</title>", f"<style>{STYLE}</style>"]
    for n, (r, shown) in enumerate(panels):
        lines.append(f'<g transform="translate({n % COLUMNS * (PANEL_WIDTH + GAP)} {n // COLUMNS * height})">')
        lines += [*panel(r, shown), "</g>"]
    return "\n".join([*lines, "</svg>", ""])
