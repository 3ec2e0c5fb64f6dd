"""bench/results.json -> a marked block of docs/benchmarks.md, and growth curves as pictures.

`python -m bench.report` writes both again from what was measured last; what stands outside the marks is by hand.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- begin: written by `make bench` -->", "<!-- end: written by `make bench` -->"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 300, 62, 40, 34, 20
COLOURS = ("#1f5fa8", "#b3541e", "#3c7a3f", "#7a3c77")  # told apart by who sees no red or green, too
SIZE = re.compile(r"\b(\d[\d,]*) (pages|texts held)\b")
CURVES = (  # file, title, unit, and which figures' names belong to it, with what each line is called
    ("growth-cpu.svg", "Taking pages in: CPU a page", "ms", (
        ("update of N pages, CPU a page", "stemma update"), ("import of N pages, CPU a page", "stemma import"))),
    ("growth-memory.svg", "Taking pages in: peak memory of the largest process", "MB", (
        ("update of N pages, peak memory", "stemma update"), ("import of N pages, peak memory", "stemma import"),
        ("crawl of N pages, peak memory", "stemma crawl"))),
    ("growth-database.svg", "Database, bytes for each byte of text", "", (
        ("database of N pages, bytes for each byte of text", "with what finds copies"),)),
    ("growth-linking.svg", "A new text among texts that are held: CPU", "ms", (
        ("with N texts held: comparing a new text, CPU", "compare"), ("with N texts held: linking it, CPU", "link"))),
)
Line = tuple[str, Sequence[tuple[float, float]]]


def write(found: Sequence[dict[str, Any]], *, docs: Path = ROOT / "docs") -> None:
    """Put the figures between the marks, and draw what was measured at several sizes."""
    drawn = [name for name, *_ in CURVES if _drawn(found, name, docs)]
    page = docs / "benchmarks.md"
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page} lacks the lines {BEGIN!r} and {END!r}, between which the figures go")
    page.write_text(f"{before}{BEGIN}\n\n{block(found, drawn)}\n{END}{after}", encoding="utf-8")


def block(found: Sequence[dict[str, Any]], drawn: Iterable[str]) -> str:
    """The figures as a table, after the pictures."""
    pictures = "".join(f"![{title}]({name})\n" for name, title, *_ in CURVES if name in set(drawn))
    rows = [f"| {one['name']} | {shown(one['value'])} | {one['unit']} | {shown(one['peer'])} | {shown(one['ratio'])} |"
            for one in found]
    return "\n".join([*([pictures] if pictures else []), "| figure | measured | unit | peer | ratio |",
                      "|---|---|---|---|---|", *rows, ""])


def shown(value: float | None) -> str:
    """Four digits at most."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:.3g}"


def _drawn(found: Sequence[dict[str, Any]], name: str, docs: Path) -> bool:
    _, title, unit, lines = next(curve for curve in CURVES if curve[0] == name)
    points = sizes(found)
    held = [(label, sorted(points[pattern].items())) for pattern, label in lines if len(points[pattern]) > 1]
    if held:
        (docs / name).write_text(svg(title, unit, held), encoding="utf-8")
    return bool(held)


def sizes(found: Iterable[dict[str, Any]]) -> dict[str, dict[float, float]]:
    """By a figure's name with N for its size: the value at each size."""
    points: dict[str, dict[float, float]] = defaultdict(dict)
    for one in found:
        match = SIZE.search(one["name"])
        if match and one["value"] is not None:
            points[SIZE.sub(r"N \2", one["name"])][float(match[1].replace(",", ""))] = one["value"]
    return points


def svg(title: str, unit: str, lines: Sequence[Line]) -> str:
    """Lines over a logarithmic axis of sizes, from nothing upwards."""
    across = sorted({x for _, points in lines for x, _ in points})
    most = max(y for _, points in lines for _, y in points)
    step = 10 ** int(log10(most)) if most >= 1 else 0.1
    step = next(step * part for part in (0.2, 0.5, 1, 2) if most / (step * part) <= 6)
    top = step * -(-1.1 * most // step)  # room for the first line's name

    def place(x: float, y: float) -> tuple[float, float]:
        wide = (log10(x) - log10(across[0])) / (log10(across[-1]) - log10(across[0]))
        return LEFT + wide * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - BOTTOM - TOP)

    parts = [f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}{escape(f", {unit}") if unit else ""}</text>']
    for n in range(int(top / step + 1.5)):
        _, y = place(across[0], n * step)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ccc"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{n * step:g}</text>')
    for x in across:
        left, _ = place(x, 0)
        end = "end" if x == across[-1] else "middle"
        parts.append(f'<text x="{left:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{end}">{x:,.0f}</text>')
    for number, (label, points) in enumerate(lines):
        colour, at = COLOURS[number % len(COLOURS)], [place(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in at)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/><g fill="{colour}">{dots}'
                     f'<text x="{at[0][0] + 8:.1f}" y="{at[0][1] - 8:.1f}">{escape(label)}</text></g>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'font-family="sans-serif" font-size="12" role="img"><title>{escape(title)}</title>'
            f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')


def main() -> None:
    """From results.json."""
    write(json.loads((ROOT / "bench" / "results.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
