"""What a copy of a workspace hands over beside its rows."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecasts.errors import TrackerError
from tracker.aliases import FILE
from tracker.cli import cli
from tracker.workspace import Workspace, create_workspace, open_workspace

DAY = date(2026, 6, 10)


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Workspace, Workspace]:
    """A workspace of three models, and a copy of it."""
    own = create_workspace(tmp_path / "own")
    for model, value in (("U Preview", 60.0), ("U Final", 50.0), ("Wombat 1", 55.0)):
        lab = "Wombat AI" if model == "Wombat 1" else "OpenAI"
        own.log(model, value, lab=lab, country="NZ" if lab == "Wombat AI" else None, index="I",
                version="1", observed_on=DAY, released_on=date(2026, 1, 5))  # fmt: skip
    shutil.copytree(own.folder, tmp_path / "copy")
    return own, open_workspace(tmp_path / "copy")


def counting(workspace: Workspace) -> list[str]:
    rows = workspace.list(text="Preview")
    return [str(name) for name in rows["counts_as"]]


def test_aliases_labs_and_families_are_taken_over(copies: tuple[Workspace, Workspace]) -> None:
    own, other = copies
    other.alias("U Preview", "U Final", DAY)
    other.add_lab("Wombat AI", countries=["AU"], aliases=["Wombat"])
    other.add_family("wombat-", "Wombat AI")
    own.add_lab("Emu Labs", countries=["AU"])
    planned = own.merge(other.folder, dry_run=True)
    assert planned.names == 3
    assert counting(own) == ["None"]
    assert own.merge(other.folder).names == 3
    assert counting(own) == counting(other) == ["U Final"]
    wombat, emu = own.catalogue.lab("wombat"), own.catalogue.lab("Emu Labs")
    assert wombat is not None
    assert emu is not None
    assert (wombat.name, wombat.countries, emu.countries) == ("Wombat AI", "AU", "AU")
    assert own.families().filter(prefix="wombat-")["lab"].to_list() == ["Wombat AI"]
    assert own.merge(other.folder).names == 0
    # The other way round both hold the same.
    assert other.merge(own.folder).names == 1
    for file in (FILE, "labs.csv", "families.csv"):
        assert (own.folder / file).read_bytes() == (other.folder / file).read_bytes()


def test_aliases_of_two_copies_that_lead_in_a_circle_count_for_nothing(
    copies: tuple[Workspace, Workspace],
) -> None:
    own, other = copies
    own.alias("U Preview", "U Final", DAY)
    other.alias("U Final", "U Preview", DAY)
    assert own.merge(other.folder).names == 1
    assert counting(own) == ["None"]


def test_a_table_of_names_that_is_none_refuses_the_merge_before_any_row_is_taken(
    copies: tuple[Workspace, Workspace],
) -> None:
    own, other = copies
    other.log("New", 70.0, lab="OpenAI", index="I", version="1", observed_on=DAY,
              released_on=date(2026, 6, 1))  # fmt: skip
    (other.folder / FILE).write_text("these,are,no,aliases\n")
    with pytest.raises(TrackerError, match=r"aliases\.csv"):
        own.merge(other.folder)
    assert own.list(text="New").is_empty()


def test_the_command_says_what_came(copies: tuple[Workspace, Workspace]) -> None:
    own, other = copies
    other.alias("U Preview", "U Final", DAY)
    said = CliRunner().invoke(
        cli, ["--workspace", str(own.folder), "--format", "json", "merge", str(other.folder)]
    )
    assert json.loads(said.stdout)["names"] == 1
