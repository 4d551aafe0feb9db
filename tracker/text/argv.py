"""The fields of requests as options of the command line: their names, declared once.

Below the command line an error names a field, in backticks; `option_words` says the option.
"""

import re
from collections.abc import Callable
from typing import Any

from forecasts.request import ForecastRequest

# Field -> option, in the order in which a command is written.
FLAGS: dict[str, str] = {
    "path": "--workspace",
    "skip_damaged": "--skip-damaged",
    "index": "--index",
    "version": "--index-version",
    "leader": "--leader",
    "follower": "--follower",
    "shared": "--shared",
    "tolerance": "--tolerance",
    "vintage": "--vintage",
    "recorded_before": "--recorded-before",
    "no_link": "--no-link",
    "as_of": "--as-of",
    "models": "--model",
    "definition": "--definition",
    "hold_days": "--hold",
    "horizon_months": "--horizon",
    "seed": "--seed",
    "today": "--today",
    "draws": "--draws",
    "quarter": "--quarter",
    "first": "--from",
    "last": "--to",
    "blocs": "--bloc",
    "all_versions": "--all-versions",
    "all_indices": "--all-indices",
    "definitions": "--definitions",
    "horizons": "--horizon",
    "panel": "--panel",
    "every": "--every",
    "of": "--of",
    "levels": "--level",
    "bloc": "--bloc",
    "since": "--since",
    "until": "--until",
    "text": "--text",
    "model": "MODEL",
    "value": "--value",
    "lab": "--lab",
    "country": "--country",
    "released_on": "--released",
    "observed_on": "--observed",
    "index_name": "--index",
    "index_version": "--index-version",
    "stderr": "--stderr",
    "source": "--source",
    "source_url": "--url",
    "open_weights": "--open-weights",
    "reasoning": "--reasoning",
    "estimated": "--estimated",
    "note": "--note",
    "reason": "--reason",
    "import_id": "--import",
    "yes": "--yes",
    "mapping": "--map",
    "decimal": "--decimal",
    "dates": "--dates",
    "interval": "--interval",
    "fill_down": "--fill-down",
    "sheet": "--sheet",
    "explain": "--explain",
    "outside_bounds": "--outside-bounds",
    "components": "--components",
    "prices": "--prices",
    "keep_good": "--keep-good",
    "same_version": "--same-version",
    "accept": "--accept",
    "force_version": "--force-version",
    "whole": "--whole",
    "dry_run": "--dry-run",
    "address": "--address",
    "base_url": "--base-url",
    "key_file": "--key-file",
    "deadline": "--deadline",
    "low": "--low",
    "high": "--high",
    "unit": "--unit",
    "scale": "--scale",
    "true_zero": "--zero",
}

LOOKED = ("index", "version", "vintage", "recorded_before", "no_link", "as_of")
MEASURED = (*LOOKED, "leader", "follower", "shared", "tolerance")
MADE = ("models", "seed", "today")
_FIELD = re.compile(r"`([a-z_]+)`")


def option_words(text: str) -> str:
    """`text` with each field that it names in backticks as the option of the command line."""
    return _FIELD.sub(lambda found: FLAGS.get(found[1], found[0]), text)


def to_argv(request: ForecastRequest, *fields: str) -> list[str]:
    """Options that ask for `fields` of a complete request again; what is None or empty is not."""
    scope, rule = request.scope, request.rule
    values: dict[str, Any] = {
        **vars(scope), **vars(request.pair), **vars(rule), **vars(request),
    }  # fmt: skip
    argv: list[str] = []
    for name, flag in FLAGS.items():
        # Zero is said, and is no False.
        if name not in fields or values[name] in (None, "") or values[name] is False:
            continue
        if values[name] is True:
            argv.append(flag)
            continue
        each = values[name] if isinstance(values[name], tuple) else (values[name],)
        for value in each:
            argv += [flag, _text(value)]
    return argv


def _text(value: Any) -> str:
    iso: Callable[[], str] | None = getattr(value, "isoformat", None)
    return iso() if iso else repr(value) if isinstance(value, float) else str(value)
