"""The fonts of figures: DejaVu Sans, and any installed font for signs that it lacks."""

import atexit
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

FIRST = "DejaVu Sans"
# Families with Chinese, Japanese or Korean signs, as systems ship them; those installed are used.
OTHERS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC",
    "Source Han Sans CN", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "Microsoft YaHei", "SimHei", "SimSun", "Droid Sans Fallback",
    "Arial Unicode MS", "Unifont",
)  # fmt: skip


def prepare() -> None:
    """Give matplotlib a temporary folder for its files where it cannot write its own.

    It takes effect before matplotlib is imported, and keeps a notice about it off stderr.
    """
    if "MPLCONFIGDIR" in os.environ:
        return
    home = Path(os.path.expanduser("~"))
    places = (
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"),
        Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache"),
    )
    if not all(_can_write(place / "matplotlib") for place in places):
        made = tempfile.mkdtemp(prefix="gap-tracker-")
        os.environ["MPLCONFIGDIR"] = made
        atexit.register(shutil.rmtree, made, ignore_errors=True)


def _can_write(folder: Path) -> bool:
    """Whether files can be made in the folder, or the folder made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@lru_cache(maxsize=1)
def families() -> list[str]:
    """Families in the order in which a sign is looked for, the installed ones alone."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [FIRST, *(name for name in OTHERS if name in installed)]


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FIRST)).get_charmap())


def lacks(text: str) -> bool:
    """Whether FIRST lacks a sign of the text."""
    return not text.isascii() and any(ord(sign) not in _signs() for sign in text if sign != "\n")


def with_all_signs(figure: Any) -> None:
    """Let the texts of a drawn figure that need them, and those alone, have other fonts.

    They are not bold: few of those fonts are.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if lacks(text.get_text()):
            text.set_family(families())
            text.set_weight("normal")
