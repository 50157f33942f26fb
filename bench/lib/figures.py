"""Every figure that a case may tell: its heading, and how its number is written. In the order of the columns."""

FIGURES = {
    "rate": ("requests/s", "{:,.0f}"),
    "p50_us": ("p50 µs", "{:,.0f}"),
    "p99_us": ("p99 µs", "{:,.0f}"),
    "user_us": ("user µs", "{:.2f}"),
    "system_us": ("system µs", "{:.2f}"),
    "cpu_us": ("CPU µs", "{:.2f}"),
    "busy": ("core busy", "{:.0%}"),
    "instructions": ("user instructions", "{:,.0f}"),
    "hits": ("object hits", "{:.1%}"),
    "bytes": ("bytes each", "{:,.0f}"),
    "peak": ("at most, MiB", "{:,.0f}"),
    "growth": ("grew by, MiB", "{:,.0f}"),
    "setting": ("setting, MiB", "{:,.1f}"),
    "idle": ("idle, MiB", "{:,.1f}"),
    "start_ms": ("ms", "{:,.1f}"),
}
IN_MIB = ("peak", "growth", "setting", "idle")


def heading(name):
    return FIGURES[name][0]


def written(name, spread):
    """The median, or a dash where there is none."""
    if not spread:
        return "-"
    return FIGURES[name][1].format(spread["median"] / (1 << 20 if name in IN_MIB else 1))
