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
}


def heading(name):
    return FIGURES[name][0]


def written(name, spread):
    """The median, or a dash where there is none."""
    return FIGURES[name][1].format(spread["median"]) if spread else "-"
