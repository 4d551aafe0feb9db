"""True and false as tables say them: whether weights are open, whether a model reasons.

Open weights are told by a word of their own (Epoch's `Model accessibility` is one of these lists)
or by the licence. A word that leaves it open, such as 'custom' or 'partly open', is not read.
"""

import re

_TRUE, _FALSE = ("true", "yes", "y", "t", "1", "✓", "✔"), ("false", "no", "n", "f", "0", "✗", "✘")
_OPEN = (
    "open", "open weights", "open weight", "open source", "opensource", "open model", "openweights",
    "downloadable", "public weights", "weights available", "available weights",
)  # fmt: skip
_CLOSED = (
    "closed", "closed weights", "closed weight", "closed source", "closed model", "not open",
    "proprietary", "proprietary license", "proprietary licence", "api", "api access", "api only",
    "hosted access", "hosted access no api", "hosted", "unreleased", "not released", "private",
)  # fmt: skip
# What follows changes what may be done with the weights, not that they can be had.
_OPEN_KINDS = re.compile(
    r"open weights? (?:unrestricted|restricted(?: use)?|non ?commercial|permissive|commercial)"
)
_LICENCE = re.compile(
    r"(?:modified )?mit|apache(?: licen[sc]e)?(?: \d.*)?|bsd(?: .*)?|[al]?gpl(?: .*)?|"
    r"mpl(?: .*)?|isc|unlicense|"
    r"cc ?(?:0|by)(?: .*)?|(?:creative ?ml )?open ?rail(?: .*)?|mrl|mnpl|"
    r"(?:meta )?(?:llama|gemma|qwen)(?: ?\d.*| community| licen[sc]e|)|dbrx.*|jamba open.*|"
    r"nvidia open model.*|mistral (?:research|non production).*|"
    r"(?:meta )?(?:llama|gemma|qwen|tongyi qianwen|deepseek|falcon|yi|glm|minimax|kimi|exaone|"
    r"stability(?: ai)?|tencent hunyuan|hunyuan)\b.*(?:licen[sc]e|community)\b.*"
)
_OF_COLUMN = {
    "open_weights": (_OPEN, _CLOSED),
    "reasoning": (("reasoning", "thinking"), ("non reasoning", "not reasoning", "non thinking")),
    "estimated": (("estimated", "estimate"), ("measured", "not estimated")),
}


def read_flag(column: str, cell: str) -> bool | None:
    """What a cell of `column`, open_weights, reasoning or estimated, says; None if unknown."""
    text = cell.strip().casefold()
    yes, no = _OF_COLUMN[column]
    lists: tuple[tuple[tuple[str, ...], bool], ...] = ((_TRUE, True), (_FALSE, False))
    words = " ".join(re.sub(r"[^\w\s✓✔✗✘]|_", " ", text).split())
    for said, answer in lists:
        if text in said:
            return answer
    for said, answer in ((yes, True), (no, False)):
        if words in said:
            return answer
    if column == "open_weights" and (_OPEN_KINDS.fullmatch(words) or _is_licence(words)):
        return True
    return None


def _is_licence(words: str) -> bool:
    bare = re.sub(r" licen[sc]e$", "", words)
    return bool(_LICENCE.fullmatch(words) or _LICENCE.fullmatch(bare))
