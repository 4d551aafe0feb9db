"""What was known of a model on a day: nothing later, and the same in whatever order it came."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from frames import RELEASES, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.facts import DESCRIBED, FACTS, STAGES, as_known, known_facts, stages
from forecasts.measures.vintage import known_models

START = date(2026, 1, 1)
SCHEMA = {"model_key": pl.String, "name": pl.String, "text": pl.String, "number": pl.Float64,
          "observed_on": pl.Date, "fact_id": pl.String}  # fmt: skip
# model, fact, day after START, value
Said = tuple[str, str, int, float]
SAID = st.tuples(
    st.sampled_from(["a1", "b1", "b2"]), st.sampled_from(["parameters", "active_parameters"]),
    st.integers(0, 6), st.integers(1, 5).map(float),
)  # fmt: skip


def frame(said: list[Said]) -> pl.DataFrame:
    rows = [
        (model, name, None, value, START + timedelta(day), f"{at:04}")
        for at, (model, name, day, value) in enumerate(said)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def naive(said: list[Said], model: str, name: str, day: int) -> float | None:
    """The lower middle of the values of the last day, up to `day`, that has any."""
    until = [(d, value) for m, n, d, value in said if (m, n) == (model, name) and d <= day]
    if not until:
        return None
    last = max(d for d, _ in until)
    values = sorted(value for d, value in until if d == last)
    return values[(len(values) - 1) // 2]


@given(st.lists(SAID, max_size=25), st.integers(-1, 7))
def test_the_latest_by_a_day_counts(said: list[Said], day: int) -> None:
    rows = table(RELEASES).join(stages(frame(said)), on="model_key", how="left")
    seen = as_known(rows, START + timedelta(day), "real")
    last = as_known(rows, START + timedelta(day), "final")
    for model, *found in seen.select("model_key", *DESCRIBED).iter_rows():
        wanted = [naive(said, model, name, day) for name in DESCRIBED]
        assert found == wanted
    for model, *found in last.select("model_key", *DESCRIBED).iter_rows():
        assert found == [naive(said, model, name, 99) for name in DESCRIBED]


@given(st.lists(SAID, max_size=20), st.randoms())
def test_the_order_of_recording_says_nothing(said: list[Said], random: Any) -> None:
    other = random.sample(said, len(said))
    keys = ["model_key", "name", "number"]
    one, two = (known_facts(frame(s), START + timedelta(3), "real") for s in (said, other))
    assert one.select(keys).sort(keys).equals(two.select(keys).sort(keys))
    # Stages hold no id of a row, and are the same whole.
    assert stages(frame(said)).sort("model_key").equals(stages(frame(other)).sort("model_key"))


def test_a_stage_is_a_change() -> None:
    said = [("a1", "parameters", 0, 7.0), ("a1", "parameters", 1, 7.0),
            ("a1", "active_parameters", 2, 1.0), ("a1", "parameters", 3, 8.0)]  # fmt: skip
    found = stages(frame(said))[STAGES].to_list()[0]
    assert [(s["from"], s["parameters"], s["active_parameters"]) for s in found] == [
        (START, 7.0, None), (START + timedelta(2), 7.0, 1.0), (START + timedelta(3), 8.0, 1.0),
    ]  # fmt: skip


def test_models_are_known_with_what_was_said_of_them_by_the_day() -> None:
    rows = table(RELEASES, observed="2026-01-01")
    rows = rows.join(stages(frame([("b1", "parameters", 0, 70.0), ("b1", "parameters", 5, 30.0)])),
                     on="model_key", how="left")  # fmt: skip
    small = parse_bloc("CN+params<=40")

    def members(day: date, vintage: Any) -> list[str]:
        return known_models(rows, day, vintage).filter(small.member)["model"].to_list()

    assert members(START + timedelta(4), "real") == []
    assert members(START + timedelta(5), "real") == ["b1"]
    assert members(START, "final") == ["b1"]
    models = known_models(rows, START, "real")
    assert models.filter(small.unknown)["model"].to_list() == ["b2"]
    assert models.filter(parse_bloc("US+params<=40").unknown).height == 3


def test_without_any_fact_nothing_is_known() -> None:
    models = known_models(table(RELEASES), date(2027, 1, 1), "real")
    assert models.select(list(DESCRIBED)).null_count().row(0) == (models.height,) * len(DESCRIBED)
    assert dict(models.select(list(DESCRIBED)).schema) == dict(DESCRIBED)
    assert set(DESCRIBED) <= set(FACTS)
