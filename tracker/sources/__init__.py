"""Where observations come from. A source is one file here and one line in SOURCES."""

from collections.abc import Mapping
from importlib import import_module

from forecasts.errors import UsageError
from forecasts.nearest import did_you_mean
from tracker.sources.contract import OptionValue, Source, SourceOption

SOURCES: dict[str, str] = {
    "csv": "tracker.sources.csv",
    "parquet": "tracker.sources.parquet",
    "xlsx": "tracker.sources.xlsx",
    "json": "tracker.sources.json",
    "aa": "tracker.sources.artificial_analysis",
    "epoch": "tracker.sources.epoch",
    "epoch-benchmarks": "tracker.sources.epoch",
}


def load(name: str) -> Source:
    """The source known as `name`."""
    if name not in SOURCES:
        raise UsageError(
            f"There is no source '{name}'.",
            f"{did_you_mean(name, SOURCES)}Sources: {', '.join(SOURCES)}.",
            "unknown_source",
        )
    return import_module(SOURCES[name])


def options_of(name: str) -> tuple[SourceOption, ...]:
    """The options of a source's own."""
    options: tuple[SourceOption, ...] = getattr(load(name), "OPTIONS", ())
    return options


def sees_whole(name: str) -> bool:
    """Whether a file of this source lists all that its index held on the day."""
    return bool(getattr(load(name), "WHOLE", False))


def fitted_anew(name: str) -> frozenset[str]:
    """The indices of a source that its publisher fits anew each time, on one scale."""
    names: frozenset[str] = getattr(load(name), "FITTED_ANEW", frozenset())
    return names


def every_option() -> list[SourceOption]:
    """The options of all sources, each once."""
    found = {option.name: option for name in SOURCES for option in options_of(name)}
    return list(found.values())


def own_options(name: str, given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Every option of a source's own, as given or by its default.

    Raises UsageError for an option that the source does not have, or a value that it cannot have.
    """
    declared = {option.name: option for option in options_of(name)}
    for option in given:
        if option not in declared:
            known = ", ".join(f"`{known}`" for known in declared)
            raise UsageError(
                f"The source '{name}' has no option `{option}`.",
                f"{did_you_mean(option, declared)}Its own: {known}."
                if known
                else "It has none of its own.",
                "bad_option",
            )
    return {n: o.checked(given.get(n, o.default)) for n, o in declared.items()}


__all__ = [
    "SOURCES", "OptionValue", "SourceOption", "every_option", "fitted_anew", "load", "options_of",
    "own_options", "sees_whole",
]  # fmt: skip
