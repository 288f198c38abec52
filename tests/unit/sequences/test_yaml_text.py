"""YAML is read as its author meant it, reads back as it was written, and no document exhausts memory or time."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from domain.sequences.yaml_text import MAX_NODES, MalformedYaml, dump, load
from tests.properties import examples

TRAPS = [
    *("on", "off", "yes", "no", "y", "n", "Yes", "NO", "true", "False", "null", "~", "", "09:30", "9:30:15", "1e5"),
    *("1_000", "0x1F", "0o17", "017", "+1", ".5", "1.", ".inf", ".nan", "-", "=", "<<", "2026-11-25", "1.5", "-3"),
    *("2026-11-25T09:30:00Z", "# no comment", "a: b", "a #b", "- a", "? a", "{a}", "[a]", "*a", "&a", "!a", "%a"),
    *("@a", "`a", "|", ">", "---", "...", " a", "a ", "\ta", "\n", "\n\n", " \n", "a\n", "a\n\n", "\na", "a\n b\n"),
    *("Hi {{ name }},\n\nbest,\n-- \nSam\n", "a\n \nb", "a\r\nb", "a\x85b", "a\u2028b\n", "\ufeffa\nb", "a\tb\nc\t"),
    *("---\na", "a\n---\nb", "a\n...\n", "\U0001f600\nb", "quote ' and \" and \\", "# a\nb", "x\n\n\n", "\ta\nb"),
]


def texts() -> st.SearchStrategy[str]:
    # The text that the API stores has no NUL and no surrogates.
    anything = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
    return anything | st.sampled_from(TRAPS) | st.text("ab \n\t-:#'\"", max_size=20)


def numbers() -> st.SearchStrategy[Any]:
    return st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)


JSON = st.recursive(
    st.none() | st.booleans() | numbers() | texts(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
    max_leaves=25,
)


@examples(400)
@given(JSON)
@example({trap: [trap, {"a": trap}] for trap in TRAPS})
def test_what_is_written_is_read_back(value: Any) -> None:
    text = dump(value)
    again = load(text)
    assert json.dumps(again) == json.dumps(value)  # Tells 1 from 1.0 and from true.


@examples(200)
@given(st.dictionaries(st.sampled_from(TRAPS), st.sampled_from(TRAPS), min_size=1, max_size=5))
def test_pyyaml_reads_the_same(value: dict[str, str]) -> None:
    """PyYAML's own loader follows YAML 1.1."""
    assert yaml.safe_load(dump({"metadata": value})) == {"metadata": value}


def test_yaml_is_read_as_its_author_meant_it() -> None:
    text = """
send_time: 09:30
if: replied
on: off
answer: yes
phone: 0049
day: 2026-11-25
days: 3
share: 0.5
big: 1e3
sure: true
nothing:
1: one
shared: &body |
  Hi
again: *body
"""
    assert load(text) == {
        "send_time": "09:30",
        "if": "replied",
        "on": "off",
        "answer": "yes",
        "phone": "0049",
        "day": "2026-11-25",
        "days": 3,
        "share": 0.5,
        "big": 1000.0,
        "sure": True,
        "nothing": None,
        "1": "one",
        "shared": "Hi\n",
        "again": "Hi\n",
    }


def test_a_body_is_written_as_a_block_of_lines() -> None:
    body = "Hi {{ name }},\n\nshort note: # is fine.\n-- \nSam\n"
    written = dump({"steps": [{"key": "a", "config": {"body": body}}]})
    assert "body: |\n" in written
    assert "        short note: # is fine.\n" in written


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (laughs(9), "line 5", "aliases counted in full"),
        ("[" * 41 + "]" * 41, "line 1, column 41", "nests"),
        ("[" * 100_000, "line 1, column 41", "nests"),
        (
            "a: &a [[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]",
            "line 2",
            "nests",
        ),
        ("a: &a [*a]", "line 1, column 8", "inside of what it means"),
        ("a: *b", "line 1, column 4", "nothing is called"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1", "twice"),
        ("a: 1\n  b: 2", "line 2, column 4", ""),
        ("a: [1, 2\nb: 3", "line 2", ""),
        ("a: \x07", "line 1, column 4", "no document may hold"),
        ("a\nb: \x00", "line 2, column 4", "no document may hold"),
        ("a: !!python/object/apply:os.system [ls]", "line 1, column 4", "is not read here"),
        ("a: !!binary aGk=", "line 1, column 4", "is not read here"),
        ("a: !secret x", "line 1, column 4", "is not read here"),
        ("b: &b {x: 1}\na: {<<: *b}", "line 2, column 5", "merge keys"),
        ("[a]: 1", "line 1, column 1", "a key is text"),
        ("a: 1\n---\nb: 2", "line 2", "one document"),
        ("a: " + "9" * 5000, "line 1, column 4", "beyond all use"),
        ("- x\n" * (MAX_NODES + 1), f"line {MAX_NODES + 1}", "values are read"),
        ("x" * (4 * 2**20 + 1), "", "characters"),
        ("%YAML 3.0\n---\na", "line 1", ""),
        ("\t- a", "line 1", ""),
    ],
)
def test_an_error_in_yaml_names_its_place(text: str, where: str, why: str) -> None:
    with pytest.raises(MalformedYaml) as refused:
        load(text)
    assert where in refused.value.detail
    assert why in refused.value.detail
    assert len(refused.value.detail) < 300


@examples(300)
@given(st.text(st.characters(codec=None), max_size=40) | st.text("ab:-[]{}&*!|>'\"#%@`,? \n\t<0.1", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = load(text)
    except MalformedYaml:
        return
    json.dumps(value)
