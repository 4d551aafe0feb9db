"""Variants of one model: reasoning effort, mode and thinking budget are not new models.

Grouping is for counting models and releases only; a frontier's value is that of the variant.

What is written after a name is a setting where nobody calls a model so. `max` and `medium` are
both: efforts of some families, sizes of others ("Qwen3 Max", "Mistral Medium"), so that at the end
of a name they are efforts after an underscore, as Epoch AI writes settings, or after the name of a
family that has such efforts. `pro`, `mini`, `lite` and the like are models. So is 16k by itself,
the length of a context ("GPT-4 32k").
"""

import polars as pl

_WORD = r"reasoning|thinking|effort|minimal|low|medium|high|xhigh|max|fallback"
# (high), [thinking], (Adaptive Reasoning, Max Effort): a bracket that holds a word of effort. A
# date or size in brackets ("Sep '24", "0613") names another release and stays.
_BRACKET = (
    rf"(?i)\s*[(\[](?:[^()\[\]]*\b(?:non-)?(?:{_WORD})\b[^()\[\]]*|none|unknown|default)"
    r"[)\]]\s*\*?$"
)
# (Sep 2025, 16k thinking): what comes before the effort is another release and stays.
_RELEASE = (
    r"(?i)([(\[](?:preview|beta|exp|experimental|[^()\[\],;]*(?:\d{4}|'\s*\d\d)))"
    rf"\s*[,;][^()\[\]]*\b(?:{_WORD})\b[^()\[\]]*([)\]])\s*\*?$"
)
# -thinking, :thinking, -thinking-32k, _no-thinking, " Reasoning".
_MODE = (
    r"(?i)[\s:_-]+(?:(?:non|no|extended|adaptive|unknown|default)[\s_-]*)?(?:thinking|reasoning)"
    r"(?:[\s:_-]+(?:\d+k|minimal))?$"
)
_EFFORT = r"(?i)[\s:_-]+(?:xhigh|high|low|minimal)(?:[\s_-]+effort)?$"
# Claude Opus 5-max, glm-5.2-max; but gpt-5.1-codex-max is a model.
_OF_FAMILY = (
    r"(?i)^((?:[^/]*/)?(?:claude|gemini|glm|gpt[\s_-]?(?:[5-9]|oss)|grok|kimi|o[134]|deepseek)"
    r"(?:.*[^x\s:_-])?)[\s:_-]+(?:max|medium)(?:[\s_-]+effort)?$"
)
# claude-opus-4-6_max, gpt-5.1_none, claude-3-7-sonnet-20250219_16K: a setting after the name that
# an API knows, which has no underscore of its own.
_SETTING = r"(?i)^([^_]*[.-][^_]*?)_(?:none|unknown|xhigh|high|medium|low|minimal|max|\d+k)$"
# gpt-5.6-sol_promax: the mode is a model of its own, its effort is not.
_PRO_SETTING = r"(?i)_pro(?:none|unknown|xhigh|high|medium|low|minimal|max)$"
_PASSES = 3  # "X (Reasoning) (high)", "X-reasoning-high"


def base_model(name: pl.Expr) -> pl.Expr:
    """Name of the model without its mode or effort, as an expression over a name column."""
    stripped = name
    for _ in range(_PASSES):
        stripped = (
            stripped.str.replace(_RELEASE, "${1}${2}")
            .str.replace(_BRACKET, "")
            .str.replace(_OF_FAMILY, "${1}")
            .str.replace(_SETTING, "${1}")
            .str.replace(_PRO_SETTING, "_pro")
            .str.replace(_EFFORT, "")
            .str.replace(_MODE, "")
        )
    stripped = stripped.str.strip_chars()
    return pl.when(stripped == "").then(name).otherwise(stripped)
