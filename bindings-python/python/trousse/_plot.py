"""A series with its forecast: by matplotlib, or as an SVG file that needs no other package."""

from __future__ import annotations

import datetime as dt
import html
import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from .errors import argument
from .frames import Table

INK, ACCENT = "#333333", "#b0305c"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 340, 64, 20, 40, 34


def plot(
    ahead: Table,
    past: Table | None,
    target: str,
    id: str,
    levels: Sequence[float],
    model: str | None,
    save: str | os.PathLike[str] | None,
    ax: Any,
) -> Any:
    """Draws one series of a table of forecasts."""
    names, times = ahead.columns[:2]
    model = ahead.columns[2] if model is None else model
    if model not in ahead.columns[2:]:
        raise argument("model", f"one of {', '.join(name for name in ahead.columns[2:] if '-' not in name)}", model)
    rows = [row for row in ahead.rows() if str(row[names]) == id]
    if not rows:
        raise argument("id", "a series that was fitted", id)
    at = [row[times] for row in rows]
    mean = [row[model] for row in rows]
    ends = [(level, str(float(level)).removesuffix(".0")) for level in levels]
    fan = [(level, [row[f"{model}-lo-{end}"] for row in rows], [row[f"{model}-hi-{end}"] for row in rows]) for level, end in ends]
    known = _known(past, names, times, target, id)
    draw = _svg if save is not None else _matplotlib
    return draw(f"{id} · {model}", known, at, mean, fan, save if save is not None else ax)


def _known(past: Table | None, names: str, times: str, target: str, id: str) -> list[tuple[Any, float]]:
    if past is None:
        return []
    own = past.rows() if names not in past.columns else [row for row in past.rows() if str(row[names]) == id]
    found = [(_time(row[times]), float(row[target])) for row in own]
    return sorted(found, key=lambda pair: pair[0])


def _time(value: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _matplotlib(title: str, known: list[tuple[Any, float]], at: list[Any], mean: list[float], fan: list[Any], ax: Any) -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        message = 'plots need matplotlib: pip install "trousse[plot]", or name an SVG file by save='
        raise ImportError(message) from error
    if ax is None:
        _, ax = pyplot.subplots(figsize=(9, 3.6))
    if known:
        ax.plot([time for time, _ in known], [y for _, y in known], color=INK, linewidth=1.2, label="history")
    label = f"{_listed(fan)} %"
    for _, low, high in reversed(fan):
        ax.fill_between(at, low, high, color=ACCENT, alpha=_shade(len(fan)), linewidth=0, label=label)
        label = "_"  # matplotlib leaves such labels out of the legend
    ax.plot(at, mean, color=ACCENT, linewidth=1.6, label="expected")
    ax.set_title(title, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize="small")
    return ax


def _listed(fan: list[Any]) -> str:
    return ", ".join(f"{level:g}" for level, _, _ in fan)


def _shade(count: int) -> float:
    return 0.45 / max(count, 1)


def _label(time: Any) -> str:
    if not isinstance(time, dt.datetime):
        return str(time)
    return f"{time:%Y-%m-%d}" if time.time() == dt.time() else f"{time:%Y-%m-%d %H:%M}"


def _number(time: Any) -> float:
    if isinstance(time, dt.datetime):
        return time.timestamp() / 86_400
    return float(time.toordinal()) if isinstance(time, dt.date) else float(time)


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers that cover a range."""
    raw = (high - low) / 4 or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999)
    return [step * k for k in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _svg(
    title: str, known: list[tuple[Any, float]], at: list[Any], mean: list[float], fan: list[Any], save: str | os.PathLike[str]
) -> None:
    values = [y for _, y in known] + mean + [y for _, low, high in fan for y in (*low, *high)]
    values = [y for y in values if math.isfinite(y)] or [0.0, 1.0]
    ticks = _ticks(min(values), max(values))
    times = [_number(time) for time, _ in known] + [_number(time) for time in at]
    first, span = min(times), (max(times) - min(times)) or 1.0
    low, height = ticks[0], (ticks[-1] - ticks[0]) or 1.0

    def x(time: Any) -> float:
        return LEFT + (_number(time) - first) / span * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / height * (HEIGHT - TOP - BOTTOM)

    def line(points: list[tuple[Any, float]], colour: str) -> str:
        parts, pen = [], "M"
        for time, value in points:
            if math.isfinite(value):
                parts.append(f"{pen}{x(time):.1f} {y(value):.1f}")
            pen = "L" if math.isfinite(value) else "M"
        return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14" fill="{INK}">{html.escape(title)}</text>',
    ]
    for tick in ticks:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#e6e6e6"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#666666">{tick:g}</text>')
    for level, lows, highs in reversed(fan):
        edge = list(zip(at, highs, strict=True)) + list(zip(at, lows, strict=True))[::-1]
        points = " ".join(f"{x(time):.1f},{y(value):.1f}" for time, value in edge if math.isfinite(value))
        opacity = _shade(len(fan))
        out.append(f'<polygon points="{points}" fill="{ACCENT}" fill-opacity="{opacity:.3f}"><title>{level:g} %</title></polygon>')
    begin = known[0][0] if known else at[0]
    labels = [(begin, "start"), (at[-1], "end")]
    if min(x(at[0]) - x(begin), x(at[-1]) - x(at[0])) > 180:
        labels.append((at[0], "middle"))
    for time, anchor in labels:
        out.append(f'<text x="{x(time):.1f}" y="{HEIGHT - 12}" text-anchor="{anchor}" fill="#666666">{_label(time)}</text>')
    out.append(line(known, INK))
    out.append(line(list(zip(at, mean, strict=True)), ACCENT))
    note = f"expected, with {_listed(fan)} % intervals" if fan else "expected"
    out.append(f'<text x="{WIDTH - RIGHT}" y="22" text-anchor="end" fill="#666666">{note}</text>')
    out.append("</svg>\n")
    pathlib.Path(save).write_text("\n".join(out), "utf-8")
