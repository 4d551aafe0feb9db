"""A figure as SVG that can stand inside a page with a strict content policy."""

import html
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracker.charts.drawing.save import save

_STYLE = re.compile(r' style="([^"]*)"')
_PLACES = re.compile(r'\b(d|x|y)="([^"]*)"')
_ROOT = re.compile(r"<svg [^>]*>", re.DOTALL)


def inline_svg(figure: Any, name: str, title: str, description: str) -> str:
    """SVG markup with a title and a description, its ids prefixed by `name`.

    Style attributes become presentation attributes: the page forbids inline styles.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.svg"
        save(figure, path)
        text = path.read_text("utf-8")
    text = text[text.index("<svg ") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style [^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = _STYLE.sub(_attributes, text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r">\s+<", "><", text)
    text = _PLACES.sub(_shorter, text)
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box.group(1)}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" stroke-linejoin="round" '
        f'stroke-linecap="butt"><title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-desc">{html.escape(description)}</desc>'
    )
    return _ROOT.sub(lambda _: root, text, count=1)


def _attributes(style: re.Match[str]) -> str:
    pairs = (part.partition(":") for part in style.group(1).split(";") if ":" in part)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, _, value in pairs)


def _shorter(place: re.Match[str]) -> str:
    """Coordinates with two decimals: a hundredth of a point, a third off the size of the page."""
    numbers = re.sub(r"(\.\d\d)\d+", r"\1", place.group(2))
    return f'{place.group(1)}="{" ".join(numbers.split())}"'
