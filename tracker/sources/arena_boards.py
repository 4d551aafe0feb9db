"""The boards of Arena: their names, what a file or an address says of them, and the versions of
their ratings."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_CONTROL = "_style_control"
# Boards with style control; since 2025-05-16 their pages show it.
_CONTROLLED = ("text", "vision", "search", "document")
_PLAIN = (
    *_CONTROLLED, "webdev", "text_to_image", "image_edit", "text_to_video", "image_to_video",
    "video_edit",
)  # fmt: skip
# Boards whose numbers are no Bradley-Terry ratings.
_OTHER = (
    "text_factuality", "search_factuality", "agent", "agent_bash_recovery_steps",
    "agent_praise_complaint", "agent_steerability", "agent_task_outcome_explicit",
    "agent_tool_hallucination",
)  # fmt: skip
# The folders of the data set.
BOARDS = (*_PLAIN, *(name + _CONTROL for name in _CONTROLLED), *_OTHER)

_BRADLEY_TERRY = date(2024, 1, 9)
_REALIGNED = date(2025, 5, 16)
_OVERALL = ("", "overall", "full")
# What the catalog calls some categories of the data set.
_CATEGORIES = {
    "if": "instruction following", "multiturn": "multi turn", "long user": "longer query",
    "hard": "hard prompts", "hard 6": "hard prompts", "hard english": "hard prompts english",
    "hard english 6": "hard prompts english", "no tie": "exclude ties",
}  # fmt: skip
_ALIASES = {"image": "text_to_image", "code": "webdev"}


@dataclass(frozen=True)
class Board:
    """A board; whether its ratings control for style, None where a page leaves it to the day."""

    name: str
    controlled: bool | None

    @property
    def words(self) -> str:
        """The name in words."""
        return _words(self.name)

    def version(self, day: date) -> str:
        """How the ratings of a day were computed."""
        if self.name in _OTHER or self.name not in _PLAIN:
            return "published"
        controlled = self.controlled
        if controlled is None:
            controlled = self.name in _CONTROLLED and day >= _REALIGNED
        if controlled:
            return "style-control" if day >= _REALIGNED else "style-control-2024"
        return "bradley-terry" if day >= _BRADLEY_TERRY else "elo"


def named(name: str) -> Board:
    """The board of a folder of the data set."""
    return Board(name.removesuffix(_CONTROL), name.endswith(_CONTROL))


def index_name(board: str, category: str) -> str:
    """The name of the index of a category, by that of the whole board."""
    words = _category(category)
    return f"{board} {words}" if words else board


def _category(category: str) -> str:
    """A category in words, empty for the whole board."""
    padded = f" {_words(category)}".removesuffix(" style control").removesuffix(" no")
    words = _CATEGORIES.get(padded.strip(), padded.strip())
    return "" if words in _OVERALL else words


def board_of(page: str) -> Board | None:
    """The board of a page, by its address and category ('.../leaderboard/text/coding coding') or
    a name such as lmarena-text-arena."""
    address, _, category = page.partition(" ")
    found = re.search(r"/leaderboard/([\w-]+)", address)
    name = _slug(found[1] if found else address).removeprefix("lmarena_").removesuffix("_arena")
    board = named(_ALIASES.get(name, name))
    if board.name not in BOARDS:
        return None
    shown = _slug(f"{address.rpartition('/')[2]} {category}")
    if board.controlled or _CONTROL[1:] not in shown:
        return Board(board.name, board.controlled or None)
    return Board(board.name, "no" + _CONTROL not in shown)


def board_of_path(path: Path) -> Board | None:
    """The board that the name of a file, or a folder above it, says."""
    stem = _slug(path.name.split(".")[0])
    inside = [name for name in BOARDS if f"_{name}_" in f"_{stem}_"]
    if inside:
        return named(max(inside, key=len))
    for alias, name in _ALIASES.items():
        if stem == f"leaderboard_{alias}":
            return named(name)
    for folder in list(path.parts[:-1])[::-1][:3]:
        if folder in BOARDS:
            return named(folder)
    return None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _words(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip()
