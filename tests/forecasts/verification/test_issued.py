"""Issued forecasts say what the draws said, and are known by their content."""

import hashlib
import json
from dataclasses import asdict, fields, replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from issuing import AS_OF, NOW, pooled, rows_of, targets

from forecasts.forecasting.closure import Closed
from forecasts.forecasting.forecast import Forecast
from forecasts.request import Pair, Shared
from forecasts.verification import issued as ledger
from forecasts.verification import scoring
from forecasts.verification.issued import Issued, Terms


def test_it_keeps_what_the_forecast_said(forecast: Forecast, issued: Issued) -> None:
    assert issued.headline == "pool"
    pool = rows_of(issued, "pool", "gap")
    assert pool["date"].to_list() == forecast.gap["date"].to_list() == issued.dates
    at = forecast.grid.months
    for model, paths in pooled(forecast).items():
        both = paths[:, :, at]
        for target, x in targets(both).items():
            kept = np.array(rows_of(issued, model, target)["quantiles"].to_list())[: len(at)]
            for k, level in enumerate(scoring.LEVELS):
                below, upto = (x < kept[:, k]).mean(axis=0), (x <= kept[:, k]).mean(axis=0)
                assert (below <= level + 1 / len(x)).all()
                assert (upto >= level - 1 / len(x)).all()
    closed = rows_of(issued, "pool", "closed")
    by_quarter = forecast.closure.by_quarter
    assert closed["date"].equals(by_quarter["date"])
    assert closed["probability"].to_list() == by_quarter["probability_closed"].to_list()
    ahead = rows_of(issued, "pool", "ahead")["probability"]
    assert ahead.to_list() == by_quarter["probability_ahead"].to_list()
    spent = rows_of(issued, "pool", "exhausted")["probability"]
    assert spent.to_list() == by_quarter["probability_exhausted"].to_list()
    assert issued.probability_exhausted == forecast.closure.probability_exhausted
    assert issued.probability_closed == forecast.closure.probability_within_horizon
    for row in forecast.by_model.iter_rows(named=True):
        last = rows_of(issued, row["model"], "closed", "model")["probability"][-1]
        assert last == row["probability_within_horizon"]
    baselines = issued.said.filter(role="baseline")["model"].unique().sort().to_list()
    assert baselines == ["persistence", "random-walk-drift"]


def test_the_content_has_a_hash_and_the_issue_an_id(issued: Issued) -> None:
    said, terms = issued.said, issued.terms
    assert ledger.content_id(terms, said) == issued.content
    assert issued.right_id == issued.forecast_id != issued.content
    changed = {str: "x", int: 999, float: 0.125, date: date(2020, 1, 1), list[str]: ["x"],
               datetime | None: NOW, Shared: "both", float | None: 0.125}  # fmt: skip
    ids = {
        ledger.content_id(replace(terms, **{f.name: changed[f.type]}), said)  # type: ignore[index]
        for f in fields(Terms)
    }
    assert len(ids | {issued.content}) == len(fields(Terms)) + 1
    nudged = said.with_columns(pl.col("probability") + 1e-15)
    assert ledger.content_id(terms, nudged) != issued.content
    other = replace(issued, issued_at=NOW + timedelta(days=1), data_until=NOW.date())
    assert other.content == issued.content
    assert other.right_id != issued.right_id


def test_a_table_and_back(issued: Issued) -> None:
    back = ledger.from_table(ledger.to_table(issued))
    assert (back.terms, back.issued_at, back.data_until) == (issued.terms, NOW, AS_OF)
    assert back.said.equals(issued.said)
    assert back.right_id == back.forecast_id == issued.forecast_id
    with pytest.raises(ValueError, match="columns"):
        ledger.from_table(ledger.to_table(issued).drop("seed"))


def test_a_forecast_of_the_first_format_is_read_with_what_it_meant(issued: Issued) -> None:
    """It counted a model of both blocs for both, and a gap closed at the ceiling as closed."""
    said = issued.said.filter(pl.col("target") != "exhausted")
    terms = replace(issued.terms, shared="both", ceiling=None)
    old = replace(issued, terms=terms, said=said, forecast_id=ledger.content_id(terms, said))
    table = ledger.to_table(old).drop("shared", "ceiling", "previous")
    back = ledger.from_table(table, ledger.FIRST_FORMAT)
    assert back.terms == terms
    assert back.terms.pair == Pair("US", "CN", "both")
    assert back.terms.closed == Closed()
    assert back.probability_exhausted is None
    # Its id is what the first format made of it: a hash of the terms of then.
    stated = {k: v for k, v in asdict(terms).items() if k not in ("shared", "ceiling")}
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in stated.items()}
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode())
    for row in said.iter_rows(named=True):
        key = (row["model"], row["role"], row["target"], row["date"].isoformat())
        digest.update("\x1f".join(key).encode())
        digest.update(np.array(row["quantiles"] or [row["probability"]], dtype="<f8").tobytes())
    assert ledger.content_id(back.terms, back.said) == digest.hexdigest() == back.forecast_id
