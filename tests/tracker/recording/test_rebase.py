"""Values in doubt on their way in: four cases, an override for each, and what changed."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.measures.rebasing import judge
from tracker.recording.rebase import ScaleInDoubt
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

DAY = date(2026, 5, 1)
NAMES = [f"Model {i}" for i in range(40)]
RATINGS = np.random.default_rng(3).normal(1200, 90, 40).round(2)


def write(tmp_path: Path, values: np.ndarray, names: list[str] = NAMES) -> Path:
    file = tmp_path / "ratings.csv"
    pl.DataFrame(
        {"model": names, "value": values, "lab": "OpenAI", "released_on": "2026-01-01"}
    ).write_csv(file)
    return file


@pytest.fixture
def rated(empty: Workspace, tmp_path: Path) -> Workspace:
    put(empty, write(tmp_path, RATINGS), 0)
    return empty


def put(workspace: Workspace, file: Path, later: int = 7, **how: object) -> object:
    day = DAY + timedelta(days=later)
    return workspace.import_files("csv", [file], index="Ratings", observed_on=day, **how)  # type: ignore[arg-type]


def case_of(workspace: Workspace, file: Path, **how: object) -> str:
    before = workspace.store.rows().height
    with pytest.raises(ScaleInDoubt) as caught:
        put(workspace, file, **how)
    assert workspace.store.rows().height == before
    return caught.value.case


def test_7_ratings_estimated_anew_go_in_and_are_told(rated: Workspace, tmp_path: Path) -> None:
    new = RATINGS + np.random.default_rng(5).normal(0, 2.5, 40)
    result = put(rated, write(tmp_path, new))
    assert result.added == 40  # type: ignore[attr-defined]
    assert any("re-estimated" in note for note in result.notes)  # type: ignore[attr-defined]


@pytest.mark.parametrize("slope", [0.7, 0.8, 0.95])
def test_7_same_version_does_not_let_a_rebasing_through(
    rated: Workspace, tmp_path: Path, slope: float
) -> None:
    file = write(tmp_path, RATINGS * slope)
    assert case_of(rated, file) == "re-based"
    assert case_of(rated, file, same_version=True) == "re-based"
    assert case_of(rated, file, accept=["unjudged", "other-scores"]) == "re-based"
    assert put(rated, file, accept=["re-based"]).added == 40  # type: ignore[attr-defined]


def test_7_a_wide_scatter_needs_same_version_and_no_more(rated: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path, RATINGS + np.random.default_rng(6).normal(0, 45, 40))
    assert case_of(rated, file) == "re-estimated"
    assert case_of(rated, file, accept=["re-based", "unjudged"]) == "re-estimated"
    assert put(rated, file, same_version=True).added == 40  # type: ignore[attr-defined]


def test_7_other_scores_are_a_case_of_their_own(rated: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path, np.random.default_rng(7).permutation(RATINGS))
    assert case_of(rated, file, same_version=True) == "other-scores"
    assert put(rated, file, accept=["other-scores"]).added == 40  # type: ignore[attr-defined]


def test_7_other_names_cannot_be_judged_and_both_distributions_are_shown(
    rated: Workspace, tmp_path: Path
) -> None:
    file = write(tmp_path, RATINGS * 0.7, [f"Another {i}" for i in range(40)])
    assert case_of(rated, file, same_version=True) == "unjudged"
    with pytest.raises(ScaleInDoubt, match="cannot be judged") as caught:
        put(rated, file)
    assert caught.value.comparison.document()["held_quantiles"] == pytest.approx(
        np.quantile(RATINGS, [0, 0.25, 0.5, 0.75, 1])
    )
    for end in (RATINGS.max(), (0.7 * RATINGS).min()):
        assert f"{end:.4g}" in caught.value.message
    assert put(rated, file, accept=["unjudged"]).added == 40  # type: ignore[attr-defined]


def test_7_what_changed_is_listed_with_what_it_does_to_the_frontier(
    rated: Workspace, tmp_path: Path
) -> None:
    new = RATINGS.copy()
    best, last = int(RATINGS.argmax()), int(RATINGS.argmin())
    second = float(np.sort(RATINGS)[-2])
    new[best], new[last] = second - 30, new[last] + 5
    held = put(rated, write(tmp_path, new), dry_run=True)
    assert [change.model for change in held.changes] == [NAMES[last]]  # type: ignore[attr-defined]
    assert held.held["rows"][0]["model"] == NAMES[best]  # type: ignore[attr-defined]
    result = put(rated, write(tmp_path, new), yes=True)
    first, other = result.changes  # type: ignore[attr-defined]
    assert (first.model, other.model) == (NAMES[best], NAMES[last])
    assert first.frontier_change == {"US": pytest.approx(second - RATINGS.max())}
    assert other.frontier_change == {}
    assert any("1 of them move" in note for note in result.notes)  # type: ignore[attr-defined]


def test_7_the_same_file_again_is_never_in_doubt(rated: Workspace, tmp_path: Path) -> None:
    assert put(rated, write(tmp_path, RATINGS), 0).added == 0  # type: ignore[attr-defined]


def test_7_the_real_rebasing_is_found(
    empty: Workspace, last_of_4_0: SourceFile, first_of_4_1: SourceFile
) -> None:
    empty.import_files("aa", [last_of_4_0])
    with pytest.raises(ScaleInDoubt) as caught:
        empty.import_files("aa", [first_of_4_1], version="4.0")
    judged = caught.value.comparison.judgement
    assert (judged.case, judged.n, judged.moved) == ("re-based", 501, 501)


def test_7_no_change_of_a_day_inside_a_version_is_refused(daily_changes: pl.DataFrame) -> None:
    rows = daily_changes
    held: dict[str, float] = {}
    cases: dict[str, set[str]] = {}
    for (day,), changed in rows.group_by("observed_on", maintain_order=True):
        new = dict(held)
        for model, value, released in changed.select("id", "value", "release_date").iter_rows():
            if released == "REMOVED" or value in (None, ""):
                new.pop(model, None)
            else:
                new[model] = float(value)
        common = sorted(held.keys() & new.keys())
        if common:
            old_values = np.array([held[m] for m in common])
            judged = judge(old_values, np.array([new[m] for m in common]))
            cases.setdefault(judged.case, set()).add(str(day))
        held = new
    assert cases.pop("re-based") == {"2026-06-16"}
    assert set(cases) == {"same scale"}
    assert len(cases["same scale"]) > 40


def test_7_log_compares_a_known_models_value_with_its_old_one(
    rated: Workspace,
) -> None:
    result = rated.log(
        "Model 5", float(RATINGS[5] * 0.7), index="Ratings", observed_on=DAY + timedelta(days=9)
    )
    assert any("is far from this model's" in warning for warning in result.warnings)
    near = rated.log("Model 6", float(RATINGS[6] + 2.5), index="Ratings", observed_on=DAY)
    assert not any("is far from" in warning for warning in near.warnings)


def test_7_the_answer_for_programs_says_how_it_was_judged(rated: Workspace, tmp_path: Path) -> None:
    result = put(rated, write(tmp_path, RATINGS + 0.001))
    (judged,) = result.judgements  # type: ignore[attr-defined]
    assert (judged["case"], judged["n"]) == ("same scale", 40)
    assert json.dumps(judged)
