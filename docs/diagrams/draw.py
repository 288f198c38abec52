"""Draws the diagrams of the documentation: `python docs/diagrams/draw.py` makes an SVG beside each text file.

The first line of a file is its title, after a `#`. Then comes `graph` or `sequence`. `|` begins a new line of a label.
A graph has boxes on a grid (column, row, which may be fractions) and arrows between them. A label may be moved (x, y in
pixels):

    box api 2 1: API | and web app
    arrow api > postgres: moves a lead
    arrow api > temporal 0 -12: starts, signals

A sequence has parts, from left to right, and messages between them, from top to bottom:

    parts: Worker, Postgres
    Worker > Postgres: asks                 an arrow; >> is an answer
    note Worker: decides                    a box on its line
    crash before_reserve: nothing has left  a process may die here, with this result
    phase: the next step                    a heading across

Each SVG has its own background, so that it is readable on light and dark pages.
"""

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
CHARACTER, LINE = 6.7, 17
STYLE = """<style>
  svg { color-scheme: light dark }
  .page { fill: #fbfbfd } .box { fill: #fff; stroke: #5b6785 } .note { fill: #eef1fb; stroke: #c4cbe4 }
  .line { stroke: #5b6785; fill: none } .life { stroke: #c4cbe4 } .head { fill: #5b6785 }
  text { font: 13px system-ui, sans-serif; fill: #1d2433 } .bold { font-weight: 600 }
  .small { font-size: 12px; fill: #46506a }
  .crash { stroke: #c0392b; stroke-dasharray: 5 4 } .fatal { fill: #b03023; font-size: 12px } .under { fill: #fbfbfd }
  @media (prefers-color-scheme: dark) {
    .page { fill: #1d2130 } .box { fill: #272d40; stroke: #98a4c7 } .note { fill: #2d3450; stroke: #4a5478 }
    .line { stroke: #98a4c7 } .life { stroke: #4a5478 } .head { fill: #98a4c7 }
    text { fill: #e8ebf5 } .small { fill: #b9c1d9 } .under { fill: #1d2130 }
    .crash { stroke: #ff8a7a } .fatal { fill: #ff9d90 }
  }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"
><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>
"""


def drawn(source: str) -> str:
    """The SVG of a text. Raises ValueError for a line that it does not understand."""
    lines = [line.strip() for line in source.splitlines()]
    kind, *rest = [line for line in lines if line and not line.startswith("#")]
    title = next((line[1:].strip() for line in lines if line.startswith("#")), "")
    width, height, parts = {"graph": graph, "sequence": sequence}[kind](rest)
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    page = f'<title>{escape(title)}</title>\n{STYLE}<rect class="page" width="100%" height="100%" rx="8"/>\n'
    return f"{frame}\n{page}" + "\n".join(parts) + "\n</svg>\n"


def label(x: float, y: float, text: str, style: str = "", anchor: str = "middle", under: bool = False) -> str:
    """Lines of text, centred on y. `under` clears the space behind them."""
    lines = [line.strip() for line in text.split("|")]
    top = y - LINE * (len(lines) - 1) / 2 + 4.5
    made = ""
    if under:
        width = max(map(len, lines)) * CHARACTER
        middle = x if anchor == "middle" else x + width / 2
        made = rectangle("under", middle, top - 13 + LINE * len(lines) / 2, width, LINE * len(lines))
    for number, line in enumerate(lines):
        place = f'x="{x:.0f}" y="{top + LINE * number:.0f}" text-anchor="{anchor}"'
        made += f'<text class="{style}" {place}>{escape(line)}</text>'
    return made


def rectangle(style: str, x: float, y: float, width: float, height: float) -> str:
    """A rectangle with the centre x, y."""
    place = f'x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<rect class="{style}" {place} rx="5"/>'


def arrow(x1: float, y1: float, x2: float, y2: float, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path class="line" d="M{x1:.0f} {y1:.0f} {x2:.0f} {y2:.0f}" marker-end="url(#head)"{dash}/>'


# Graphs

COLUMN, ROW, MARGIN = 225.0, 105.0, 20.0


def graph(lines: list[str]) -> tuple[float, float, list[str]]:
    boxes: dict[str, tuple[float, float, float, float]] = {}
    texts: dict[str, str] = {}
    arrows: list[tuple[str, str, float, float, str]] = []
    for line in lines:
        if box := re.fullmatch(r"box (\w+) ([\d.]+) ([\d.]+): (.+)", line):
            texts[box[1]] = box[4]
            rows = box[4].split("|")
            size = max(len(row) for row in rows) * CHARACTER + 30, LINE * len(rows) + 20
            boxes[box[1]] = (float(box[2]) * COLUMN, float(box[3]) * ROW, *size)
        elif one := re.fullmatch(r"arrow (\w+) > (\w+)(?: (-?\d+) (-?\d+))?(?:: (.+))?", line):
            arrows.append((one[1], one[2], float(one[3] or 0), float(one[4] or 0), one[5] or ""))
        else:
            raise ValueError(line)
    left = min(x - width / 2 for x, _, width, _ in boxes.values()) - MARGIN
    top = min(y - height / 2 for _, y, _, height in boxes.values()) - MARGIN
    boxes = {name: (x - left, y - top, *size) for name, (x, y, *size) in boxes.items()}
    parts = [rectangle("box", *boxes[name]) + _named(*boxes[name][:2], text) for name, text in texts.items()]
    both = {(a, b) for a, b, *_ in arrows}
    labels: list[str] = []
    for a, b, dx, dy, text in arrows:
        x1, y1, x2, y2 = *_edge(boxes[a], boxes[b]), *_edge(boxes[b], boxes[a])
        if (b, a) in both:  # arrows both ways: draw them side by side, with their labels outside
            length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
            aside_x, aside_y = -(y2 - y1) / length, (x2 - x1) / length
            x1, x2, y1, y2 = x1 + aside_x * 9, x2 + aside_x * 9, y1 + aside_y * 9, y2 + aside_y * 9
            rows = text.split("|")
            away = abs(aside_x) * (max(map(len, rows)) * CHARACTER / 2 + 4) + abs(aside_y) * LINE * len(rows) / 2
            dx, dy = dx + aside_x * away, dy + aside_y * away
        parts.insert(0, arrow(x1, y1, x2, y2))
        if text:
            labels.append(label((x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy, text, "small", under=True))
    width = max(x + width / 2 for x, _, width, _ in boxes.values()) + MARGIN
    height = max(y + height / 2 for _, y, _, height in boxes.values()) + MARGIN
    return width, height, [*parts, *labels]


def _named(x: float, y: float, text: str) -> str:
    return label(x, y, text, "" if "|" in text else "bold")


def _edge(box: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> tuple[float, float]:
    """Where the line between the centres of two boxes leaves the first box."""
    x, y, width, height = box
    dx, dy = other[0] - x, other[1] - y
    share = min((width / 2 + 2) / abs(dx) if dx else 9e9, (height / 2 + 2) / abs(dy) if dy else 9e9)
    return x + dx * share, y + dy * share


# Sequences

STEP, TOP = 40.0, 70.0


def sequence(lines: list[str]) -> tuple[float, float, list[str]]:
    names = [name.strip() for name in lines[0].removeprefix("parts:").split(",")]
    apart = 215.0
    at = {name: MARGIN + 80 + apart * number for number, name in enumerate(names)}
    width = at[names[-1]] + 80 + MARGIN
    y, made = TOP, list[str]()
    for line in lines[1:]:
        rows = line.count("|")
        y += LINE * rows / 2
        made += _moment(line, at, y, width)
        y += STEP + LINE * rows / 2
    lives = [f'<path class="life" d="M{x:.0f} 40V{y:.0f}"/>' for x in at.values()]
    heads = [rectangle("box", x, 29, 150, 30) + label(x, 29, name, "bold") for name, x in at.items()]
    return width, y + 4, [*lives, *heads, *made]


def _moment(line: str, at: dict[str, float], y: float, width: float) -> Iterator[str]:
    if said := re.fullmatch(r"([^:>]+?) (>>?) ([^:]+): (.+)", line):
        x1, x2 = at[said[1]], at[said[3]]
        yield arrow(x1, y + 10, x2, y + 10, dashed=said[2] == ">>")
        yield label((x1 + x2) / 2, y - 3 - LINE * said[4].count("|") / 2, said[4], "small", under=True)
    elif note := re.fullmatch(r"note ([^:]+): (.+)", line):
        rows = note[2].split("|")
        across, down = max(map(len, rows)) * CHARACTER + 18, LINE * len(rows) + 10
        x = min(max(at[note[1]], across / 2 + 6), width - across / 2 - 6)
        yield rectangle("note", x, y, across, down)
        yield label(x, y, note[2], "small")
    elif crash := re.fullmatch(r"crash ([^:]+): (.+)", line):
        yield f'<path class="crash" d="M{MARGIN} {y:.0f}H{width - MARGIN:.0f}"/>'
        yield label(width / 2, y, f"\u2717 {crash[1]}: {crash[2]}", "fatal", under=True)
    elif phase := re.fullmatch(r"phase: (.+)", line):
        yield label(MARGIN, y, phase[1], "bold", "start", under=True)
    else:
        raise ValueError(line)


def sources() -> list[Path]:
    return sorted(HERE.glob("*.txt"))


if __name__ == "__main__":
    for file in sources():
        file.with_suffix(".svg").write_text(drawn(file.read_text("utf-8")), "utf-8")
        print(f"drew {file.stem}.svg", file=sys.stderr)
