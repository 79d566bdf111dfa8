"""A dot plot of one metric as SVG: mean and 95 % interval of every row, seeds as small dots, the noise floor as a tick.

    flowexp report base_topology --metric kl --json | python3 Scripts/dot_plot.py > figure.svg
"""

import json
import math
import sys
from html import escape

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#999999"]  # Okabe and Ito 2008


def label(row, axes):
    base = row["base"] + ("" if row["components"] is None else f" {row['components']}")
    rest = [f"{p.split('.')[-1]} {row['axes'].get(p)}" for p in axes if p not in ("task", "base", "base.components")]
    return " · ".join([base] + rest) if "base" in axes or not rest else " · ".join(rest)


report = json.load(sys.stdin)
rows = [r for r in report["rows"] if r["mean"] is not None and r["metric"] == report["rows"][0]["metric"]]
axes = [p for p in rows[0]["axes"] if len({json.dumps(r["axes"].get(p)) for r in rows}) > 1]


def group(row):
    return row["task"] + "".join(f" {row['axes'][p]}" for p in axes if p.startswith("task."))


def kind_of(row):
    """What a colour stands for: everything that varies but the task."""
    others = [p for p in axes if not p.startswith("task") and p != "base.components"]
    return row["base"] + json.dumps([row["axes"].get(p) for p in others])


kinds = list(dict.fromkeys(map(kind_of, rows)))
positive = [v for r in rows for v in (r["values"] or [r["mean"]]) if v and v > 0]
low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
low = max(low, -6)
left, right, line, top = 330, 660, 17, 26


def x(value):
    return left + (right - left) * (math.log10(max(value, 10.0**low)) - low) / (high - low)


out, y, last = [], top + 10, None
for r in rows:
    if group(r) != last:
        y += 8 if last else 0
        out.append(f'<text x="8" y="{y + 4}" class="t">{escape(group(r))}</text>')
        last = group(r)
    colour = COLOURS[kinds.index(kind_of(r)) % len(COLOURS)]
    out.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(label(r, axes))}</text>')
    for v in r["values"] or []:
        if v is not None:
            out.append(f'<circle cx="{x(v):.1f}" cy="{y}" r="2" fill="{colour}" fill-opacity=".35"/>')
    if r["ci95"]:
        a, b = r["ci95"]
        out.append(f'<path d="M{x(max(a, 0)):.1f} {y}H{x(max(b, 0)):.1f}" stroke="{colour}" stroke-width="2"/>')
    out.append(f'<circle cx="{x(r["mean"]):.1f}" cy="{y}" r="4" fill="{colour}"/>')
    if r["floor"] and r["floor"]["mean"] > 0:
        f = x(r["floor"]["mean"])
        out.append(f'<path d="M{f:.1f} {y - 7}V{y + 7}" stroke="#555" stroke-width="1.5"/>')
    y += line
height = y + 34
grid = "".join(
    f'<path d="M{x(10.0**e):.1f} {top - 4}V{y}" stroke="#ddd"/><text x="{x(10.0**e):.1f}" y="{y + 14}" text-anchor="middle">10<tspan dy="-5" font-size="8">{e}</tspan></text>'
    for e in range(low, high + 1)
)
title = f'{rows[0]["metric"]} ({rows[0]["direction"]} is better), {", ".join(report["sweeps"])}'
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + 24} {height}" width="{right + 24}" height="{height}" role="img">'
    f"<title>{escape(title)}</title><style>text{{font:11px sans-serif;fill:#222}}.t{{font-weight:bold}}</style>"
    f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="16" class="t">{escape(title)}</text>{grid}{"".join(out)}'
    f'<text x="8" y="{height - 4}">dot: mean · bar: 95 % interval · small dots: seeds · tick: noise floor</text></svg>'
)
