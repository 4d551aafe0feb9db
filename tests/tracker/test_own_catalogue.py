"""What a workspace knows of labs goes before the bundled catalogue, from the moment it did."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tracker.catalogue import Catalogue
from tracker.own_catalogue import OwnCatalogue
from tracker.sources.labs import lab_of_family
from tracker.workspace import Workspace, create_workspace, open_workspace

DAY = date(2026, 6, 10)


@pytest.fixture
def own(tmp_path: Path) -> OwnCatalogue:
    return OwnCatalogue(tmp_path)


def found(catalogue: Catalogue, name: str) -> tuple[str, str]:
    lab = catalogue.lab(name)
    assert lab is not None, name
    return lab.name, lab.countries


def test_what_is_said_of_a_lab_adds_up(own: OwnCatalogue) -> None:
    catalogue = Catalogue(own=own)
    assert catalogue.lab("Wombat AI") is None
    own.add_lab("Wombat AI", "NZ", ("Wombat",))
    assert found(catalogue, "wombat") == ("Wombat AI", "NZ")
    own.add_lab("Wombat AI", "AU,NZ", ())
    own.add_lab("Wombat AI", "", ("Wombats",))
    assert found(catalogue, "WOMBATS") == found(catalogue, "wombat") == ("Wombat AI", "AU,NZ")
    assert (catalogue.seats["Wombats"], catalogue.lab_name("wombat-ai")) == ("AU", "Wombat AI")
    assert own.labs() == {"Wombat AI": ("AU,NZ", ("Wombat", "Wombats"))}


def test_a_bundled_lab_gets_another_name_and_keeps_its_own(own: OwnCatalogue) -> None:
    catalogue = Catalogue(own=own)
    own.add_lab("Alibaba", "", ("Ali Lab",))
    assert found(catalogue, "Ali Lab") == found(catalogue, "Qwen") == ("Alibaba", "CN")
    own.add_lab("Google", "US", ())
    assert found(catalogue, "DeepMind") == ("Google", "US")


def test_a_lab_of_ones_own_goes_before_the_alias_of_a_bundled_one(own: OwnCatalogue) -> None:
    catalogue = Catalogue(own=own)
    assert found(catalogue, "Meituan") == ("LongCat", "CN")
    own.add_lab("Meituan", "CN", ())
    assert found(catalogue, "meituan") == ("Meituan", "CN")
    own.add_lab("Wombat AI", "AU", ("LongCat",))
    assert found(catalogue, "longcat") == ("Wombat AI", "AU")


def test_a_family_of_ones_own_goes_before_the_bundled_one(own: OwnCatalogue) -> None:
    catalogue = Catalogue(own=own)
    own.add_family("GPT-5.5 ", "Wombat AI")
    assert lab_of_family("gpt-5.5-pro", catalogue) == "Wombat AI"
    assert lab_of_family("gpt-5.50", catalogue) == "OpenAI"
    own.add_family("gpt-5.5", "Emu Labs")
    assert lab_of_family("gpt-5.50", catalogue) == "Emu Labs"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two models of a lab that nobody knows, one with another name of it, one without."""
    made = create_workspace(tmp_path / "w")
    file = tmp_path / "t.csv"
    file.write_text("model,lab,value,released_on\nWombat 1,Wombat,50,2026-01-01\n"
                    "Emu 1,,40,2026-02-01\nO,OpenAI,45,2026-01-01\n")  # fmt: skip
    made.import_files("csv", [file], index="I", version="1", observed_on=DAY)
    return made


def of_australia(workspace: Workspace) -> list[str]:
    return workspace.list(bloc="AU")["model"].to_list()


def test_stored_rows_count_by_what_is_known_of_their_lab_later(workspace: Workspace) -> None:
    assert of_australia(workspace) == []
    before = datetime.now(UTC)
    stored = workspace.store.snapshot().current()
    assert workspace.add_lab("Wombat AI", countries=["AU"], aliases=["Wombat"])
    assert workspace.add_family("emu", "Wombat AI")
    assert of_australia(workspace) == ["Wombat 1", "Emu 1"]
    assert of_australia(open_workspace(workspace.folder)) == ["Wombat 1", "Emu 1"]
    # By either name of the lab, though one row states the other and one states none.
    for name in ("Wombat", "Wombat AI"):
        assert workspace.list(lab=name)["model"].to_list() == ["Wombat 1", "Emu 1"]
        assert workspace.list(bloc=f"lab:{name}")["model"].to_list() == ["Wombat 1", "Emu 1"]
    gap = workspace.gap(leader="AU", follower="US")
    assert (gap.gap_points, gap.leader.best["lab"]) == (5, "Wombat AI")
    # What was stated stays, and so does what was known.
    assert workspace.store.snapshot().current().equals(stored)
    assert of_australia(workspace.as_recorded_before(before)) == []


def test_rows_that_come_later_are_filled(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add_lab("Wombat AI", countries=["AU"], aliases=["Wombat"])
    workspace.add_family("emu", "wombat")
    workspace.log("Emu 2", 48.0, index="I", version="1", observed_on=DAY)
    file = tmp_path / "later.csv"
    file.write_text("model,lab,value,released_on\nWombat 2,wombat,51,2026-03-01\n")
    accept = ["unjudged"]
    workspace.import_files("csv", [file], index="I", version="1", observed_on=DAY, accept=accept)
    for text in ("Emu 2", "Wombat 2"):
        assert workspace.list(text=text).select("lab", "country").rows() == [("Wombat AI", "AU")]
