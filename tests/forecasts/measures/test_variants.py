"""Which names are variants of one model."""

import csv
import gzip
import io
import json
import re
from pathlib import Path

import polars as pl
import pytest

from forecasts.measures.variants import base_model
from tests.conftest import SHARED


def base(*names: str) -> list[str]:
    return pl.DataFrame({"m": names}).select(base_model(pl.col("m")))["m"].to_list()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GPT-5.5 (xhigh)", "GPT-5.5"),
        ("GLM-5.1 (Reasoning)", "GLM-5.1"),
        ("Claude Opus 4.8 (Adaptive Reasoning, Max Effort)", "Claude Opus 4.8"),
        ("Claude Fable 5 (Adaptive Reasoning, Max Effort, Opus 4.8 Fallback)", "Claude Fable 5"),
        ("Grok 3 mini Reasoning (high)", "Grok 3 mini"),
        ("Kimi K2 Thinking", "Kimi K2"),
        # As Epoch AI writes settings.
        ("gpt-5-2025-08-07_high", "gpt-5-2025-08-07"),
        ("claude-3-7-sonnet-20250219_16K", "claude-3-7-sonnet-20250219"),
        ("gemini-2.5-flash-preview-09-2025_16k", "gemini-2.5-flash-preview-09-2025"),
        ("claude-opus-4-6_max", "claude-opus-4-6"),
        ("gpt-5.2-2025-12-11_none", "gpt-5.2-2025-12-11"),
        ("gpt-5.6-luna_unknown", "gpt-5.6-luna"),
        ("Inkling_xhigh", "Inkling"),
        ("glm-4.5_thinking", "glm-4.5"),
        ("qwen3.8-max_xhigh", "qwen3.8-max"),
        ("gpt-5.6-sol_promax", "gpt-5.6-sol_pro"),
        ("GPT-5 (unknown thinking)", "GPT-5"),
        ("o3-preview (Low)*", "o3-preview"),
        # As arenas and routers do.
        ("claude-opus-4-6-thinking", "claude-opus-4-6"),
        ("claude-3-7-sonnet-20250219-thinking-32k", "claude-3-7-sonnet-20250219"),
        ("claude-3.7-sonnet:thinking", "claude-3.7-sonnet"),
        ("Claude 3.7 Sonnet [thinking]", "Claude 3.7 Sonnet"),
        ("qwen3-235b-a22b-no-thinking", "qwen3-235b-a22b"),
        ("grok-4-1-fast-non-reasoning", "grok-4-1-fast"),
        ("gemini-3-flash (thinking-minimal)", "gemini-3-flash"),
        ("o3-mini-high", "o3-mini"),
        ("claude-opus-5-max", "claude-opus-5"),
        ("gemini-3.5-flash-medium", "gemini-3.5-flash"),
        ("o4-mini high", "o4-mini"),
        # As METR keys are.
        ("gpt_5_4_xhigh", "gpt_5_4"),
        # Another release beside the effort stays.
        ("Gemini 2.5 Flash-Lite (Sep 2025, 16k thinking)", "Gemini 2.5 Flash-Lite (Sep 2025)"),
        ("Gemini 2.5 Pro (Preview, Thinking 1K)", "Gemini 2.5 Pro (Preview)"),
    ],
)  # fmt: skip
def test_variants_are_grouped_by_name(name: str, expected: str) -> None:
    assert base(name) == [expected]


@pytest.mark.parametrize(
    "name",
    [
        "Gemini 1.5 Pro (Sep '24)", "GPT-4 (0613)", "Thinking", "(high)", "QwQ", "QwQ-32B",
        "GPT-4 Turbo", "GPT-4", "gpt-4-32k-0613", "GPT-4 32k", "gpt-3.5-turbo-16k", "o3-mini",
        "GPT-5 Pro", "gpt-5-mini", "Gemini 2.0 Flash-Lite", "Qwen3 Max", "qwen2.5-max",
        "qwen3.7-max-preview", "GPT-5.1-Codex-Max", "gpt_5_1_codex_max",
        "gpt_5_1_codex_max_inspect",
        "mistral-medium", "Mistral Medium 3", "magistral-medium-2506", "Devstral Medium",
        "Phi-3-medium", "GPT-3 Medium", "MiniMax-M1-80k", "MiniMax M1 40k", "doubao-pro-32k",
        "step-2-16k-exp-202412", "Qwen3-235B-A22B-Thinking-2507", "phi-1_5", "MiniCPM-V-2_6",
        "gemini-2.0-flash-thinking-exp-01-21", "Gemini 3 Deep Think", "deepseek-reasoner",
        "amazon.nova-pro-v1:0", "Gemini 2.5 Flash (Preview)", "QVQ-Max", "K2 Think V2",
    ],
)  # fmt: skip
def test_a_model_of_its_own_stays_as_it_is_called(name: str) -> None:
    assert base(name) == [name]


def shared_names() -> dict[str, set[str]]:
    """The names of models in the shared files, by what publishes them."""

    def text(path: Path) -> str:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")

    found: dict[str, set[str]] = {"aa": set(), "arena": set(), "epoch": set(), "metr": set()}
    for path in SHARED.glob("aa-llms-*"):
        found["aa"] |= {m["name"] for m in json.loads(text(path))["models"]}
    for path in (SHARED / "arena").glob("*.json.gz"):
        for rows in json.loads(text(path))["categories"].values():
            found["arena"] |= {row["model_display_name"] for row in rows}
    for path in (SHARED / "epoch").glob("*.csv*"):
        for row in csv.DictReader(io.StringIO(text(path))):
            found["epoch"] |= {n for c in ("Model version", "model_version") if (n := row.get(c))}
    for path in (SHARED / "metr").glob("*.yaml"):
        found["metr"] |= set(re.findall(r"^  (\w+):$", text(path), re.M))
    return found


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not on this machine")
def test_of_published_names_none_but_settings_are_cut_off() -> None:
    """What is cut off is a setting by an independent reading of it: words, none of a model's."""
    words = {
        "adaptive", "default", "effort", "extended", "fallback", "high", "length", "low", "max",
        "medium", "minimal", "no", "non", "none", "reasoning", "thinking", "unknown", "xhigh",
    }  # fmt: skip
    providers = {"chutes", "fireworks", "novita", "together"}
    for source, names in shared_names().items():
        ordered = sorted(names)
        for name, short in zip(ordered, base(*ordered), strict=True):
            if name == short:
                continue
            head = short.rstrip(")").removesuffix("_pro")
            assert name.startswith(head), (source, name, short)
            cut = name[len(head) :].removeprefix("_pro").lower().replace("opus 4.8 fallback", "")
            rest = set(re.findall(r"[a-z0-9]+", cut)) - words - providers
            assert all(re.fullmatch(r"\d+k", word) for word in rest), (source, name, short)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not on this machine")
def test_of_published_names_every_setting_of_epoch_and_the_arena_is_grouped() -> None:
    names = shared_names()
    setting = re.compile(r"_(?:none|unknown|x?high|medium|low|minimal|max|\d+[kK]|thinking)$")
    of_epoch = [n for n in names["epoch"] if setting.search(n)]
    assert len(of_epoch) > 150
    assert base(*of_epoch) == [setting.sub("", n) for n in of_epoch]
    thinking = [n for n in names["arena"] if re.search(r"-thinking(-\d+k)?$", n)]
    assert len(thinking) > 20
    assert base(*thinking) == [re.sub(r"(-no)?-thinking(-\d+k)?$", "", n) for n in thinking]
