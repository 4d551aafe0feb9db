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
    done = run(own, "correct", str(row["observation_id"])[:12], "--value", "999")
    assert done.exit_code == 0
    assert "Warning: The value 999 is outside the index's range" in done.stderr
    assert "far above the best" in done.stderr
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
    done = run(own, "correct", new, "--lab", "Nolab")
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
