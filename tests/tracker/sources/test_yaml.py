"""YAML within bounds: what another parser reads the same, and what is refused in a sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.yaml import MAX_BYTES, MAX_VALUES, parse_yaml

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), WORDS,
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def parsed(text: str | bytes) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return parse_yaml(SourceFile(Path("f.yaml"), content), "Expected results.")


@given(TREES)
def test_what_a_writer_of_yaml_wrote_is_read_as_it_was(tree: Any) -> None:
    written = yaml.safe_dump(tree, allow_unicode=True)
    assert parsed(written) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-06-20", "2024-06-20"),  # no date: what it means is its reader's to say
        ("yes", "yes"), ("on", "on"), ("1:30", "1:30"), ("010", 10), ("1e3", 1000.0),
        ("'1'", "1"), ("!!str 1", "1"), ("!!float 3", 3), ("~", None), ("0x10", "0x10"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    found = parsed(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# nothing", "holds no document"),
        ("a: 1\n---\na: 2", "holds several documents"),
        ("a: 1\na: 2", "the key 'a' twice"),
        ("? [1]\n: 2", "a key that is not text"),
        ("<<: {a: 1}", "a merge key"),
        ("a: &x [1, *x]", "an anchor 'x' that holds itself"),
        ("a: *x", "an anchor 'x' that it does not have"),
        ("&x a: 1\n*x : 2", "an alias for a key"),
        ("a: !!python/object/apply:os.system [ls]", "a tag 'tag:yaml.org,2002:python/object"),
        ("a: !!binary aGk=", "a tag 'tag:yaml.org,2002:binary'"),
        ("a: !!int x", "a tag 'tag:yaml.org,2002:int'"),
        ("a: [1", "is not well-formed YAML"),
        ("\t- x", "at line 1, column 1"),
        ("[" * 1000, "nested more than 100 deep"),
        (b"a: \xff", "is not UTF-8 text (byte 3)"),
        ("- x\n" * (MAX_VALUES + 1), f"more than {MAX_VALUES:,} values"),
        ("#" * (MAX_BYTES + 1), "is larger than 5 MB"),
    ],
)
def test_what_is_no_data_is_refused_in_one_sentence(text: str | bytes, words: str) -> None:
    with pytest.raises(TrackerError, match=r"^f\.yaml ") as caught:
        parsed(text)
    assert words in caught.value.message
    assert caught.value.message.isprintable()


def test_aliases_count_with_all_that_they_stand_for() -> None:
    shared = parsed("a: &x [1, {b: 2}]\nc: *x\nd: [*x, *x]")
    assert shared["d"] == [[1, {"b": 2}]] * 2
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(TrackerError, match="more than 500,000 values"):
        parsed("\n".join(laughs))
