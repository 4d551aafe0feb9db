"""What a person cannot mean is refused, naming the field."""

import pytest

from forecasts.errors import UsageError
from tracker.recording.log import Release, plan_release
from tracker.workspace import Workspace


@pytest.mark.parametrize(
    ("facts", "message", "hint"),
    [
        ({"lab": "Deepsek"}, "`country`: the lab is not in", "Did you mean `lab` 'DeepSeek'?"),
        ({"lab": ""}, "`lab` is empty.", ""),
        ({"lab": "OpenAI", "country": " "}, "`country` is empty.", ""),
        (
            {"lab": "OpenAI", "source_url": "javascript:alert(1)"},
            "`source_url`: 'javascript:'",
            "https",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    demo: Workspace, facts: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan_release(demo.data, Release("New", 20, **facts))  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)
    assert hint in caught.value.hint
    assert caught.value.field in message


def test_a_decimal_comma_is_told_what_to_write(demo: Workspace) -> None:
    with pytest.raises(
        UsageError, match=r"^`value`: '58,1' is 58\.1 with a decimal comma\.$"
    ) as caught:
        plan_release(demo.data, Release("New", "58,1", lab="OpenAI"))
    assert caught.value.hint == "Write 58.1."
