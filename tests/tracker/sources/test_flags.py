"""Whether weights are open, and whether a model reasons, as tables say it."""

import pytest

from tracker.sources.formats.flags import read_flag

# The first six are every value of Epoch's column `Model accessibility`.
OPEN = [
    "Open weights (unrestricted)", "Open weights (restricted use)",
    "Open weights (non-commercial)", "Open weights", "open-weights", "OPEN", "Open source", "yes",
    "1", "TRUE", "✓", "MIT", "MIT License", "Modified MIT", "Apache 2.0", "apache-2.0",
    "Apache License 2.0", "Llama 3.1 Community License", "Llama 4 licence", "llama3.1", "Gemma",
    "Gemma license", "Qwen", "CC-BY-NC-4.0", "cc0", "BSD-3-Clause", "AGPL-3.0", "OpenRAIL-M",
    "DeepSeek License", "NVIDIA Open Model License", "Mistral Research License", "DBRX LICENSE",
]  # fmt: skip
CLOSED = [
    "API access", "Hosted access (no API)", "Unreleased", "Proprietary", "Closed", "closed-source",
    "Closed weights", "API", "API only", "no", "0", "False", "private", "not open",
]  # fmt: skip
UNSAID = ["custom", "Other", "Partially open", "semi-open", "gated", "Non-commercial", "maybe", "2"]


@pytest.mark.parametrize("cell", OPEN)
def test_open(cell: str) -> None:
    assert read_flag("open_weights", cell) is True


@pytest.mark.parametrize("cell", CLOSED)
def test_closed(cell: str) -> None:
    assert read_flag("open_weights", cell) is False


@pytest.mark.parametrize("cell", UNSAID)
def test_what_does_not_say_it(cell: str) -> None:
    assert read_flag("open_weights", cell) is None


def test_other_flags_know_no_licences() -> None:
    assert read_flag("reasoning", "Reasoning") is True
    assert read_flag("reasoning", "Non-reasoning") is False
    assert read_flag("estimated", "Estimated") is True
    assert [read_flag(c, "MIT") for c in ("reasoning", "estimated")] == [None, None]
