"""Corrections and retractions: checked as releases are, and what they changed is said."""

import json
from datetime import date

import pytest
from commands import best, run

from forecasts.errors import UsageError
from tracker.workspace import Workspace


def test_a_correction_warns_and_says_what_it_changed(own: Workspace) -> None:
    row = best(own, "CN")
    gap = own.gap().gap_points
    call = ["correct", str(row["observation_id"])[:12], "--value", "999"]
    done = run(own, *call)
    assert "999 is outside the index's range" in str(done.exception)
    done = run(own, *call, "--outside-bounds")
    assert done.exit_code == 1
    assert own.gap().gap_points == gap
    done = run(own, *call, "--outside-bounds", "--yes")
    assert done.exit_code == 0
    assert "Warning: The value 999 is far above the best" in done.stderr
    assert f"value {row['value']:.12g} -> 999" in done.stdout
    assert f"New CN frontier: {row['model']} at 999" in done.stdout
    assert f"Gap US to CN: {gap:.2f} -> {own.gap().gap_points:.2f} points." in done.stdout


def test_a_harmless_correction_warns_of_nothing(own: Workspace) -> None:
    row = best(own, "CN")
    value = float(row["value"]) + 0.25  # type: ignore[arg-type]
    done = run(
        own, "--format", "json", "correct", str(row["observation_id"]), "--value", f"{value}"
    )
    body = json.loads(done.stdout)
    assert body["warnings"] == []
    assert body["changed"] == [{"column": "value", "before": row["value"], "after": value}]
    assert own.store.snapshot().find(body["observation_id"])["value"] == value


def test_a_corrected_lab_goes_through_the_catalogue(own: Workspace) -> None:
    row = best(own, "US")
    new = own.correct(str(row["observation_id"]), lab="Zhipu")
    held = own.store.snapshot().find(new)
    assert (held["lab"], held["country"]) == ("Z AI", "CN")
    done = run(own, "correct", new, "--lab", "Nolab", "--yes")
    assert "The lab 'Nolab' is new here." in done.stderr
    assert "lab Z AI -> Nolab" in done.stdout
    with pytest.raises(UsageError, match=r"^`released_on`: '2030-01-01' is in the future"):
        own.correct(str(best(own, "CN")["observation_id"]), released_on=date(2030, 1, 1))


def test_a_retraction_says_what_it_changed(own: Workspace) -> None:
    row = best(own, "CN")
    before = own.gap().gap_points
    done = run(own, "retract", str(row["observation_id"]), "--reason", "wrong")
    assert "The CN frontier is corrected down by" in done.stdout
    assert f"Gap US to CN: {before:.2f} -> {own.gap().gap_points:.2f} points." in done.stdout


FIELDS = {
    "--value": ("value", "41", 41.0),
    "--stderr": ("stderr", "0.5", 0.5),
    "--released": ("released_on", "2026-01-02", "2026-01-02"),
    "--observed": ("observed_on", "2026-05-09", "2026-05-09"),
    "--model": ("model", "Renamed", "Renamed"),
    "--lab": ("lab", "Mistral", "Mistral"),
    "--country": ("country", "FR", "FR"),
    "--index": ("index_name", "Another", "Another"),
    "--index-version": ("index_version", "9", "9"),
    "--source": ("source", "page", "page"),
    "--url": ("source_url", "https://example.org/x", "https://example.org/x"),
    "--open-weights": ("open_weights", None, True),
    "--proprietary": ("open_weights", None, False),
    "--reasoning": ("reasoning", None, True),
    "--no-reasoning": ("reasoning", None, False),
    "--estimated": ("estimated", None, True),
    "--measured": ("estimated", None, False),
    "--note": ("note", "seen", "seen"),
}


def test_every_stated_field_can_be_corrected() -> None:
    from tracker.store.schema import STATED

    # How well a release date is known comes with the date.
    corrected = {column for column, _, _ in FIELDS.values()} | {"released_precision"}
    assert corrected == set(STATED)


@pytest.mark.parametrize("option", FIELDS)
def test_a_corrected_field_stands(empty: Workspace, option: str) -> None:
    column, text, value = FIELDS[option]
    row = empty.log("M", 5.0, lab="OpenAI", index="I", version="1", observed_on=date(2026, 5, 1),
                    open_weights=option == "--proprietary", reasoning=option == "--no-reasoning",
                    estimated=option == "--measured").observation_id  # fmt: skip
    words = [option] if text is None else [option, text]
    done = run(empty, "--format", "json", "correct", row, *words, "--yes")
    assert done.exit_code == 0, done.stderr
    [held] = empty.list().to_dicts()
    shown = held[column]
    assert (shown.isoformat() if isinstance(shown, date) else shown) == value
    assert held["supersedes"] == row
    assert column in [c["column"] for c in json.loads(done.stdout)["changed"]]


def test_fields_that_need_not_be_stated_can_be_emptied(empty: Workspace) -> None:
    row = empty.log("M", 5.0, lab="OpenAI", index="I", version="1", released_on=date(2026, 5, 1),
                    observed_on=date(2026, 5, 1), open_weights=True, source_url="https://a.org",
                    note="x").observation_id  # fmt: skip
    words = [word for name in ("released", "open-weights", "url", "note", "estimated")
             for word in ("--empty", name)]  # fmt: skip
    done = run(empty, "correct", row, *words)
    assert "released_on 2026-05-01 -> -" in done.stdout
    [held] = empty.list().to_dicts()
    emptied = ("released_on", "open_weights", "source_url", "note", "estimated")
    assert [held[name] for name in emptied] == [None] * 5
    both = run(empty, "correct", str(held["observation_id"]), "--empty", "note", "--note", "y")
    assert both.exit_code != 0
    assert empty.list()["note"].to_list() == [None]


def test_a_row_that_moves_to_another_version_changes_both(empty: Workspace) -> None:
    facts = {"lab": "OpenAI", "index": "I", "observed_on": date(2026, 5, 1)}
    empty.log("M", 5.0, version="1", **facts)
    row = empty.log("N", 9.0, version="1", **facts).observation_id
    done = run(empty, "correct", row, "--index-version", "2", "--yes")
    assert "I 1: The US frontier is corrected down by 4.000 points." in done.stdout
    assert "I 2: First US model on this index: N at 9.000." in done.stdout
    assert sorted(empty.store.snapshot().indices["index_version"]) == ["1", "2"]
