"""Best model of each lab at the period's end, by bloc, beside its best before."""

import plotnine as p9
import polars as pl

from forecasts.measures.period import Quarter, leaderboard
from tracker.charts.drawing.rows import (
    TICK,
    height_for,
    name_scale,
    names_width,
    value_room,
    value_scale,
)
from tracker.charts.drawing.text import fit, fit_before, literal
from tracker.charts.drawing.theme import (
    NEUTRAL,
    Sheet,
    Size,
    colours,
    name_of,
    padded,
    plain,
    rows_look,
)

TITLE = "Best model per lab at the quarter's end, and the change in it"
NEEDS = "quarter"
MANY = True
SHOWN = 24
OTHER = "other"
_ROW, _SIZE = 12.5, 8.0


def table(quarter: Quarter) -> pl.DataFrame:
    """bloc, rank, lab, country, model, value, released_on, open_weights, before, change.

    All labs, those of each bloc together and best first, the rest as `other` last. `bloc` is the
    first of the blocs that has a model of the lab; `rank` is over all labs.
    """
    order = [*quarter.blocs, OTHER]
    bloc = pl.lit(OTHER)
    for f in reversed(quarter.frontiers):
        inside = pl.col("lab").is_in(f.releases["lab"].unique().to_list())
        bloc = pl.when(inside).then(pl.lit(f.bloc)).otherwise(bloc)
    return (
        leaderboard(quarter)
        .with_columns(bloc=bloc)
        .sort(pl.col("bloc").replace_strict({b: i for i, b in enumerate(order)}), "rank")
        .select("bloc", pl.exclude("bloc"))
    )


def shown(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """The best labs, at least one of each bloc: as `table`, with the place of each row.

    A bloc's name takes a row of its own above its labs.
    """
    blocs = rows["bloc"].unique(maintain_order=True).to_list()
    labs = max(most - len(blocs), len(blocs))
    first = pl.col("rank") == pl.col("rank").min().over("bloc")
    best = rows.sort(first, "rank", descending=[True, False]).head(labs)
    best = best.select(rows.columns).sort(
        pl.col("bloc").replace_strict({b: i for i, b in enumerate(blocs)}), "rank"
    )
    group = best["bloc"].rle_id().to_numpy()
    down = pl.Series("down", group + 1 + pl.int_range(best.height, eager=True).to_numpy())
    return best.with_columns(place=best.height + len(blocs) - 1 - down.cast(pl.Int64))


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """A line per lab from its best before the period to its best now, with the model's name."""
    gap, all_rows = quarter.gap, table(quarter)
    until = "" if quarter.complete else f", to {quarter.as_of.isoformat()}"
    prior = quarter.before.as_of.isoformat() if quarter.before else "the period before"
    sheet = Sheet(
        f"Best model of each lab, {quarter.label}{until}",
        f"{gap.index_name} {gap.index_version}, points. Line: rise since {prior}; "
        "+: its size; new: the lab had no model before.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    blocs = all_rows["bloc"].n_unique()
    most = SHOWN + blocs if size is None else max(int((sheet.room[1] - 24) / _ROW), 2)
    rows = shown(all_rows, most)
    if rows.height < all_rows.height:
        note = f" The best {rows.height} of {all_rows.height} labs."
        sheet = Sheet(sheet.title, sheet.subtitle + note, caption, sheet.size)
    if size is None:
        tall = max(3.0, height_for(rows.height + blocs, _ROW, sheet))
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    names = [
        fit_before(lab, f" ({c})" if c else "", 190, TICK)
        for lab, c in rows.select("lab", "country").iter_rows()
    ]
    wide = sheet.room[0] - names_width(names)
    base = rows.join(quarter.models.select("model", "lab", "base"), on=["model", "lab"],
                     how="left", maintain_order="left").unique("place", keep="first",
                                                               maintain_order=True)  # fmt: skip
    change = (
        pl.when(pl.col("before").is_null()).then(pl.lit("new"))
        .when(pl.col("change") > 0).then(pl.format("+{}", pl.col("change").round(1)))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    base = base.with_columns(change_text=change)
    texts = [
        literal(fit("  ".join(t for t in (f"{value:.1f}", rise, model) if t), 0.5 * wide, _SIZE))
        for value, rise, model in base.select("value", "change_text", "base").iter_rows()
    ]
    rows = rows.with_columns(text=pl.Series(texts, dtype=pl.String))
    values = pl.concat([rows["value"], rows["before"]]).drop_nulls()
    low, high = padded(float(values.min()), float(values.max()))  # type: ignore[arg-type]
    limit = value_room(high, low, wide, texts, _SIZE)
    heads = rows.group_by("bloc", maintain_order=True).agg(place=pl.col("place").max() + 1)
    heads = heads.with_columns(
        text=pl.Series([literal(fit(name_of(b), 0.8 * wide, 9.5, True)) for b in heads["bloc"]],
                       dtype=pl.String),
        x=pl.lit(low),
    )  # fmt: skip
    palette = {**colours(quarter.blocs), OTHER: NEUTRAL}
    rose = rows.filter(pl.col("change") > 0)
    return (
        p9.ggplot(plain(rows), p9.aes("value", "place", color="bloc"))
        + p9.geom_segment(p9.aes(x="before", xend="value", yend="place"), data=plain(rose),
                          size=1.6, alpha=0.4)
        + p9.geom_point(p9.aes(x="before"), data=plain(rose), shape="o", fill="white", size=1.6,
                        stroke=0.6)
        + p9.geom_point(size=2.6)
        + p9.geom_text(p9.aes(label="text"), ha="left", va="center", size=_SIZE,
                       nudge_x=7 * (limit - low) / wide, color="#333333")
        + p9.geom_text(p9.aes("x", "place", label="text"), data=plain(heads), ha="left",
                       va="center", size=9.5, fontweight="bold")
        + name_scale(rows["place"].to_list(), names)
        + value_scale(low, high, limit)
        + p9.scale_color_manual(values=palette)
        + sheet.parts(x="Points")
        + rows_look()
    )  # fmt: skip
