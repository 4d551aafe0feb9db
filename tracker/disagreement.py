"""Where the sources of a workspace state different values of a model on the day that counts."""

from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.precedence import disagreement_notes, disagreements, touching
from forecasts.measures.vintage import known_models
from tracker.workspace_data import WorkspaceData

_INDEX = ["index_name", "index_version"]


def disagreements_of(data: WorkspaceData, rows: pl.DataFrame) -> pl.DataFrame:
    """`forecasts.measures.precedence.disagreements` on every index version of `rows`.

    With index_name and index_version before, and `touches_frontier`: that of the leader or the
    follower of the settings.
    """
    on_one_day = [*_INDEX, "model_key", "observed_on"]
    stated = rows.filter(pl.col("value").is_not_null())
    doubtful = stated.filter(
        (pl.col("value").min().over(on_one_day) < pl.col("value").max().over(on_one_day))
        & (pl.col("source").n_unique().over(on_one_day) > 1)
    )
    found: list[pl.DataFrame] = []
    for name, version in doubtful.select(_INDEX).unique().sort(_INDEX).iter_rows():
        of_index = stated.filter(index_name=name, index_version=version)
        of_index = data.as_counted(of_index)
        models = known_models(of_index, date.max, "final")
        differing = disagreements(of_index, models)
        touched = touching(differing, _fronts(data, models))["model_key"]
        found.append(
            differing.select(
                pl.lit(name).alias("index_name"),
                pl.lit(version).alias("index_version"),
                pl.all(),
                pl.col("model_key").is_in(touched.implode()).alias("touches_frontier"),
            )
        )
    return pl.concat(found) if found else pl.DataFrame()


def notes_on(data: WorkspaceData, held: pl.DataFrame, new: pl.DataFrame) -> list[str]:
    """Sentences on models of `new` whose sources differ where it touches a frontier.

    `held` are the latest statements of the index versions that `new` adds to.
    """
    if pl.concat([held["source"], new["source"]]).n_unique() < 2:
        return []
    rows = pl.concat([held, new], how="diagonal_relaxed")
    found = disagreements_of(data, rows.join(new, on=[*_INDEX, "model_key"], how="semi"))
    if found.is_empty():
        return []
    found = disagreements_of(data, rows).filter("touches_frontier")
    of_new = found.join(new, on=[*_INDEX, "model_key"], how="semi", maintain_order="left")
    return disagreement_notes(of_new)


def _fronts(data: WorkspaceData, models: pl.DataFrame) -> list[Frontier]:
    found: list[Frontier] = []
    for spec in (data.settings.leader, data.settings.follower):
        try:
            found.append(frontier(models, parse_bloc(data.with_lab_names(spec))))
        except TrackerError:  # no model of the bloc
            continue
    return found
