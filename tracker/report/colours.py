"""Colours of a chart on a dark page: greys turned over, hues lightened until they stand out."""

import re
from collections.abc import Iterable

Rgb = tuple[int, int, int]

# Background of a chart on a dark page, and its text; both in style.css as well.
CARD: Rgb = (0x1D, 0x20, 0x24)
INK: Rgb = (0xEC, 0xEC, 0xEC)
_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA
_GREY = 12  # channels that differ by less make a grey
_PAINT = re.compile(r'\b(fill|stroke)="(#[0-9a-fA-F]{6})"')


def dark_rules(drawings: Iterable[str]) -> str:
    """CSS rules for every colour that stands in a paint attribute of the SVG texts.

    A rule goes before the attribute, so that a chart needs no markup for it.
    """
    found = sorted({pair for text in drawings for pair in _PAINT.findall(text)})
    return "\n".join(
        f'.chart svg [{paint}="{colour}"] {{ {paint}: {_hex(on_dark(_rgb(colour)))}; }}'
        for paint, colour in found
    )


def on_dark(colour: Rgb) -> Rgb:
    """The colour that does on a dark card what `colour` does on a white one."""
    if max(colour) - min(colour) < _GREY:
        light = sum(colour) / (3 * 255)
        return _mix(INK, CARD, light)
    steps = (_mix(colour, (255, 255, 255), share / 20) for share in range(21))
    return next(c for c in steps if contrast(c, CARD) >= _CONTRAST)


def contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio of two colours by WCAG 2.2."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Rgb) -> float:
    parts = [c / 255 for c in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{c:02x}" for c in colour)
