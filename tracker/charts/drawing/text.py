"""Text on a figure: how wide it is, how it is cut and wrapped, where it stands clear."""

import re
import warnings
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracker.charts.drawing.fonts import FIRST, families, lacks

Floats = NDArray[np.float64]
# Glyphs set on whole pixels take up to this much more than their outlines.
_HINTED = 1.04
_WORD = re.compile(r"(open|proprietary)\b")


@lru_cache(maxsize=20_000)
def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line in points, as the figure's font draws it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    other = lacks(text)
    font = FontProperties(
        family=families() if other else FIRST, weight="bold" if bold and not other else "normal",
        size=size,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that no font has is a box, silently
        measured, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return _HINTED * float(measured)


def literal(text: str) -> str:
    """Text that is drawn as it stands: a pair of dollar signs would start a formula."""
    return text.replace("$", r"\$")


def sentence(text: str) -> str:
    """`text` with a capital letter where it begins with a bloc that is a common word.

    Names of labs and countries stay as they are written.
    """
    return text[0].upper() + text[1:] if _WORD.match(text) else text


def near_half(share: float) -> str:
    """A share in percent; with a decimal about one half, on which a median hangs."""
    return f"{share:.1%}" if 0.45 <= share <= 0.55 else f"{share:.0%}"


def fit(text: str, room: float, size: float, bold: bool = False) -> str:
    """`text` cut to `room` points with an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + "…", size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def fit_before(text: str, suffix: str, room: float, size: float) -> str:
    """`text` and `suffix` in `room` points: the text is cut, the suffix kept whole."""
    left = max(room - width(suffix, size) - 1, 3 * size)
    return fit(text, left, size) + suffix


def wrap(text: str, room: float, size: float, bold: bool = False) -> str:
    """`text` broken at spaces into lines of `room` points; its own line breaks stay."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.append("")
        for word in filter(None, paragraph.split(" ")):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and width(longer, size, bold) > room:
                lines.append(fit(word, room, size, bold))
            else:
                lines[-1] = longer if lines[-1] else fit(word, room, size, bold)
    return "\n".join(lines)


def spread(places: Sequence[float], apart: float, low: float, high: float) -> Floats:
    """Places moved as little as need be so that neighbours are `apart`, within low and high.

    The order stays. Where there is no room for all, they are evenly spaced.
    """
    wanted = np.asarray(places, dtype=np.float64)
    if wanted.size == 0:
        return wanted
    apart = min(apart, (high - low) / max(wanted.size - 1, 1))
    order = np.argsort(wanted, kind="stable")
    # Blocks of touching labels, each centred on the mean of what its members want.
    blocks: list[list[float]] = []  # sum of wanted offsets, number
    for value in wanted[order]:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1:
            (a, n), (b, m) = blocks[-2], blocks[-1]
            if a / n + (n + m) / 2 * apart <= b / m + 1e-9:
                break
            blocks[-2:] = [[a + b, n + m]]
    out: list[float] = []
    for total, n in blocks:
        start = total / n - (n - 1) / 2 * apart
        out += [start + k * apart for k in range(int(n))]
    placed = np.array(out)
    # Within the bounds: push up from below, then down from above.
    steps = apart * np.arange(placed.size)
    placed = np.maximum(placed, low + steps)
    placed = np.minimum(placed, high - steps[::-1])
    result = np.empty_like(placed)
    result[order] = placed
    return result


def in_rows(starts: Sequence[float], ends: Sequence[float]) -> list[int]:
    """The lowest row, from 0, for each stretch of x such that none in one row overlap.

    Stretches come in the order of their starts.
    """
    taken: list[float] = []
    rows: list[int] = []
    for start, end in zip(starts, ends, strict=True):
        row = next((i for i, until in enumerate(taken) if until <= start), len(taken))
        if row == len(taken):
            taken.append(end)
        else:
            taken[row] = end
        rows.append(row)
    return rows


def meets(box: Floats, others: Floats) -> bool:
    """Whether a box (left, bottom, right, top) overlaps any of `others`, shape (n, 4)."""
    if others.size == 0:
        return False
    return bool(
        np.any(
            (box[0] < others[:, 2])
            & (others[:, 0] < box[2])
            & (box[1] < others[:, 3])
            & (others[:, 1] < box[3])
        )
    )
