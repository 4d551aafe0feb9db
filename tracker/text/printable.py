"""Text for the eye: nothing in it can move the cursor, hide or reorder what is shown."""

import re
import unicodedata

# C0, DEL, C1, zero width and direction marks, line separators, tags, and halves of surrogate
# pairs, which undecodable bytes of an argument or a file name become.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""`text` with every character that does not show itself as an escape such as \x1b."""
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Columns that printable `text` takes on a terminal: two for wide characters, none for
    marks that combine with the one before."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def fit(text: str, columns: int, to_right: bool = False, mark: str = "…") -> str:
    """Printable `text` in exactly `columns` columns, cut with `mark` or filled with spaces."""
    used = width(text)
    if used > columns:
        kept, used = "", width(mark)
        for character in text:
            if used + _width(character) > columns:
                break
            kept += character
            used += _width(character)
        text = kept + mark
    fill = " " * (columns - used)
    return fill + text if to_right else text + fill


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
