"""Variants of one model: reasoning effort, mode and thinking budget are not new models.

Grouping is for counting models and releases only; a frontier's value is that of the variant.
"""

import polars as pl

# The mode or effort at the end of a name, in the forms that leaderboards use; a date or size in
# brackets ("Sep '24", "0613") names another release and stays.
_MODE = (
    r"(?i)\s*\((?:[^()]*\b(?:non-)?"
    r"(?:reasoning|thinking|effort|minimal|low|medium|high|xhigh|max|fallback)\b[^()]*)\)\s*$"
)
_SUFFIX = r"(?i)[\s-]+(?:non-)?(?:thinking|reasoning)$"


def base_model(name: pl.Expr) -> pl.Expr:
    """Name of the model without its mode or effort, as an expression over a name column."""
    stripped = name.str.replace(_MODE, "").str.replace(_MODE, "").str.replace(_SUFFIX, "")
    return (
        pl.when(stripped.str.strip_chars() == "").then(name).otherwise(stripped.str.strip_chars())
    )
