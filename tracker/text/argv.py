"""The fields of a request as options of the command line: their names, declared once."""

from collections.abc import Callable
from typing import Any

from forecasts.request import ForecastRequest

# Field -> option, in the order in which a command is written.
FLAGS: dict[str, str] = {
    "index": "--index",
    "version": "--index-version",
    "leader": "--leader",
    "follower": "--follower",
    "tolerance": "--tolerance",
    "vintage": "--vintage",
    "recorded_before": "--recorded-before",
    "as_of": "--as-of",
    "models": "--model",
    "definition": "--definition",
    "hold_days": "--hold",
    "horizon_months": "--horizon",
    "seed": "--seed",
    "draws": "--draws",
    "quarter": "--quarter",
    "first": "--from",
    "last": "--to",
    "blocs": "--bloc",
    "all_versions": "--all-versions",
    "observed_on": "--observed",
    "released_on": "--released",
    "source_url": "--url",
    "index_name": "--index",
    "index_version": "--index-version",
    "mapping": "--map",
}

LOOKED = ("index", "version", "vintage", "recorded_before", "as_of")
MEASURED = (*LOOKED, "leader", "follower", "tolerance")
MADE = ("models", "seed")


def to_argv(request: ForecastRequest, *fields: str) -> list[str]:
    """Options that ask for `fields` of a complete request again; what is None or empty is not."""
    scope, rule = request.scope, request.rule
    values: dict[str, Any] = {
        **vars(scope), **vars(request.pair), **vars(rule), **vars(request),
    }  # fmt: skip
    argv: list[str] = []
    for name, flag in FLAGS.items():
        if name not in fields or values[name] in (None, ""):
            continue
        each = values[name] if isinstance(values[name], tuple) else (values[name],)
        for value in each:
            argv += [flag, _text(value)]
    return argv


def _text(value: Any) -> str:
    iso: Callable[[], str] | None = getattr(value, "isoformat", None)
    return iso() if iso else repr(value) if isinstance(value, float) else str(value)
