"""Countries by name, by codes of two and three letters, one or several in a cell."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.catalogue import Catalogue
from tracker.sources.countries import FILE, country_codes

CATALOGUE = Catalogue()
TABLE = pl.read_csv(CATALOGUE.folder / FILE, infer_schema=False)
NAMES = [
    (code, name)
    for code, three, names in TABLE.rows()
    for name in (code, three, *names.split(";"))
]  # fmt: skip


def code_of(cell: str) -> str | None:
    found, wrong = country_codes([cell], CATALOGUE)
    return None if wrong else found.get(cell, cell.upper())


def test_every_country_has_names_of_its_own() -> None:
    assert set(TABLE["code"]) == CATALOGUE.countries
    assert TABLE["alpha_3"].str.contains("^[A-Z]{3}$").all()
    assert TABLE["alpha_3"].n_unique() == TABLE.height
    assert [(code, name) for code, name in NAMES if code_of(name) != code] == []


@given(
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique_by=lambda found: found[0]),
    st.sampled_from(["; ", ";", "/", " / ", "|", "\n"]),
)
def test_several_are_each_found(named: list[tuple[str, str]], separator: str) -> None:
    cell = separator.join(name for _, name in named)
    codes = ",".join(code for code, _ in named)
    assert (code_of(cell) or "").replace("; ", ",").replace(" / ", ",").replace(
        ";", ",").replace("/", ",") == codes  # fmt: skip


CELLS = {
    "UK": "GB", "uk": "GB", "USA": "US", "U.S.": "US", "usa, china": "US,CN",
    "South Korea": "KR", "Korea, Republic of": "KR", "Korea, Republic of; China": "KR,CN",
    "Trinidad and Tobago": "TT", "France and Germany": "FR,DE", "France & Germany": "FR,DE",
    "Hong Kong,China": "HK,CN", "The Netherlands": "NL", "Türkiye": "TR", "Turkiye": "TR",
    "CÔTE D'IVOIRE": "CI", "United States of America,United States of America": "US",
    "United Kingdom of Great Britain and Northern Ireland,United States of America": "GB,US",
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_of_names(cell: str) -> None:
    assert code_of(cell) == CELLS[cell]


def test_codes_are_left_to_the_check_of_codes() -> None:
    assert country_codes(["US", "us; cn", "ZZ", "US,US"], CATALOGUE) == ({}, {})


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    _, wrong = country_codes(["Chnia", "Atlantis", "US, Frnace"], CATALOGUE)
    assert wrong["Chnia"].endswith("; China would be CN")
    assert wrong["Atlantis"].startswith("'Atlantis' is no country")
    assert wrong["US, Frnace"].endswith("; France would be FR")
