"""Labs and families of models, held to what publishers state of them."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tracker.catalogue import Catalogue
from tracker.sources.labs import lab_of_family

CATALOGUE = Catalogue()
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared/data is not on this machine"
)


def text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")


def stated() -> Iterator[tuple[str, str]]:
    """Models of the shared files and the labs that each file states of them, comma between."""
    for path in SHARED.glob("aa-llms-*"):
        for model in json.loads(text(path))["models"]:
            yield model["name"], model["creator"]["name"]
            yield model["slug"], model["creator"]["name"]
    for path in (SHARED / "arena").glob("*.json.gz"):
        for rows in json.loads(text(path))["categories"].values():
            yield from ((row["model_display_name"], row["organization"]) for row in rows)
    for path in (SHARED / "epoch").glob("eci[-_][sr]*"):
        for row in csv.DictReader(io.StringIO(text(path))):
            names = (row.get(c) for c in ("Model", "Model version", "Display name"))
            yield from ((name, row["Organization"]) for name in names if name)


@needs_shared
def test_no_family_gives_another_lab_than_the_file_that_states_one() -> None:
    pairs = {(model, labs) for model, labs in stated() if labs}
    assert len(pairs) > 1500
    wrong = [
        (model, labs, lab)
        for model, labs in pairs
        if (lab := lab_of_family(model, CATALOGUE)) is not None
        and lab not in {CATALOGUE.lab_name(n.strip()) for n in (labs, *labs.split(","))}
    ]
    assert wrong == []


@needs_shared
def test_every_organisation_of_the_shared_files_is_known() -> None:
    named = {labs for _, labs in stated() if labs}
    unknown = {
        part.strip()
        for labs in named
        if CATALOGUE.lab(labs) is None
        for part in labs.split(",")
        if CATALOGUE.lab(part.strip()) is None
    }
    assert unknown == set()


@needs_shared
def test_every_key_of_metr_has_its_lab() -> None:
    (path,) = (SHARED / "metr").glob("*.yaml")
    keys = set(re.findall(r"^  (\w+):$", text(path), re.M)) - {"all_time_stitched", "from_2023_on"}
    assert len(keys) > 20
    assert [key for key in keys if lab_of_family(key, CATALOGUE) is None] == []


@pytest.mark.parametrize(
    ("name", "lab", "countries"),
    [
        ("Alibaba Group", "Alibaba", "CN"), ("Qwen Team", "Alibaba", "CN"),
        ("Tencent Hunyuan", "Tencent", "CN"), ("Meituan", "LongCat", "CN"),
        ("Shanghai AI Lab", "Shanghai AI Laboratory", "CN"), ("Kuaishou", "Kuaishou", "CN"),
        ("iFLYTEK", "iFlytek", "CN"), ("SenseTime", "SenseTime", "CN,HK"),
        ("Skywork", "Skywork", "CN"), ("Apple", "Apple", "US"), ("NAVER", "Naver", "KR"),
        ("SK Telecom", "SK Telecom", "KR"), ("HuggingFace", "Hugging Face", "US"),
        ("Stanford", "Stanford", "US"), ("UC Berkeley", "UC Berkeley", "US"),
        ("Perplexity AI", "Perplexity", "US"), ("Sarvam AI", "Sarvam", "IN"),
        ("SpaceXAI", "xAI", "US"),
    ],
)  # fmt: skip
def test_labs_are_known_by_the_names_that_files_use(name: str, lab: str, countries: str) -> None:
    found = CATALOGUE.lab(name)
    assert found is not None
    assert (found.name, found.countries) == (lab, countries)


@pytest.mark.parametrize(
    ("model", "lab"),
    [
        ("claude_3_5_sonnet_20240620_inspect", "Anthropic"), ("o1_preview", "OpenAI"),
        ("o3", "OpenAI"), ("GPT‑5-Codex", "OpenAI"), ("openai/gpt-oss-120b_high", "OpenAI"),
        ("gpt-j-6b", "EleutherAI"), ("Llama 3.3 Nemotron Super 49B v1", "NVIDIA"),
        ("Llama 3.3 70B", "Meta"), ("Command A", "Cohere"), ("Mi:dm K 2.5 Pro", "Korea Telecom"),
        ("GLM (130B)", "Z AI"), ("GLaM (64B/64E) (3-shot)", "Google"),
        ("o300", None), ("Yin", None), ("", None),
    ],
)  # fmt: skip
def test_a_family_is_the_longest_known_beginning(model: str, lab: str | None) -> None:
    assert lab_of_family(model, CATALOGUE) == lab
