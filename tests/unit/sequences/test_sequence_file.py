"""A sequence that is written to a file reads back the same. An error in a file is reported with its place."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.mailboxes.windows import WEEK, SendWindow
from domain.sequences.file import document, read_document, read_yaml, write_yaml, written_delay
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import MAX_DELAY_DAYS, STEP_TYPES, StepSpec
from tests.properties import examples
from tests.unit.sequences.test_yaml_text import JSON, texts


def steps() -> st.SearchStrategy[StepSpec]:
    # Configs are kept as they are, so any JSON object stands for the config of any present or future type.
    objects = st.dictionaries(texts(), JSON, max_size=4)
    return st.builds(
        StepSpec,
        key=st.from_regex(re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", re.ASCII), fullmatch=True),
        name=texts(),
        type=st.sampled_from(sorted(STEP_TYPES)),
        delay_days=st.integers(0, MAX_DELAY_DAYS),
        delay_hours=st.integers(0, 24 * 365),
        delay_minutes=st.integers(0, 60 * 24 * 365),
        config=objects,
        metadata=objects,
    )


def chosen_settings() -> st.SearchStrategy[SequenceSettings]:
    return st.builds(
        SequenceSettings,
        timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
        reply_marks_qualified=st.booleans(),
        auto_reply_hold_days=st.integers(0, 365),
        unknown_outcome=st.sampled_from(["skip", "resend"]),
        send_window=st.none() | send_windows(),
    )


def send_windows() -> st.SearchStrategy[SendWindow]:
    clocks = st.times().map(lambda time: f"{time:%H:%M}")
    return st.builds(
        SendWindow,
        days=st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple),
        start=clocks,
        end=clocks | st.just("24:00"),
        timezone=st.sampled_from(["lead", "sequence", "mailbox", "Asia/Kathmandu"]),
        holidays=st.lists(st.sampled_from(["NO", "SE", "DE-BY", "US-CA"]), max_size=3).map(tuple),
    )


def as_json_text(step: StepSpec) -> str:
    """Tells 1 from true and from 1.0. The order of fields does not matter."""
    return json.dumps(step.model_dump(), sort_keys=True)


def test_empty_lines_at_the_end_of_a_text_are_kept() -> None:
    one = StepSpec(key="a", type="action", metadata={"note": "two\n\n"})
    whole = document(name="n", description="", settings={}, steps=[one, one.model_copy(update={"key": "b"})])
    assert read_yaml(write_yaml(whole)).steps[0].metadata == {"note": "two\n\n"}


@examples(150)
@given(texts().map(str.strip).filter(bool), texts(), chosen_settings(), st.lists(steps(), max_size=4), st.booleans())
def test_what_is_written_is_read_back(
    name: str, description: str, chosen: SequenceSettings, written: list[StepSpec], as_json: bool
) -> None:
    whole = document(name=name, description=description, settings=chosen.model_dump(mode="json"), steps=written)
    again = read_document(json.loads(json.dumps(whole))) if as_json else read_yaml(write_yaml(whole))
    assert (again.name, again.description, again.settings) == (name, description, chosen)
    assert [as_json_text(step) for step in again.steps] == [as_json_text(step) for step in written]


def test_an_export_reads_well() -> None:
    whole = document(
        name="Fair",
        description="",
        settings={"timezone": "Europe/Berlin"},
        steps=[
            StepSpec(key="hi", type="email", config={"subject": "On", "body_text": "Hi,\n\nsee you.\n"}),
            StepSpec(key="wait", type="delay", delay_days=1, delay_hours=2, config={"days": 3}),
        ],
    )
    assert write_yaml(whole) == (
        "version: 1\nname: Fair\nsettings:\n  timezone: Europe/Berlin\nsteps:\n"
        "  - key: hi\n    type: email\n    config:\n      subject: 'On'\n      body_text: |\n"
        "        Hi,\n\n        see you.\n\n"
        "  - key: wait\n    type: delay\n    delay: P1DT2H\n    config: {days: 3}\n"
    )


TWO = [StepSpec(key="a", type="email"), StepSpec(key="b", type="email")]


def test_fields_are_written_in_a_fixed_order() -> None:
    config = {"body_html": "<p>a</p>", "body_text": "a", "subject": "s"}
    branch = {"then": {"stop": True, "reason": "r"}, "if": {"value": 1, "op": "eq", "field": "custom.x"}}
    decide = {"else": {"continue": True}, "branches": [branch]}
    steps = [StepSpec(key="a", type="email", config=config), StepSpec(key="b", type="condition", config=decide)]
    written = document(name="x", description="", settings={}, steps=steps)["steps"]
    assert list(written[0]["config"]) == ["subject", "body_text", "body_html"]
    assert list(written[1]["config"]) == ["branches", "else"]
    assert list(written[1]["config"]["branches"][0]) == ["if", "then"]
    assert list(written[1]["config"]["branches"][0]["if"]) == ["field", "op", "value"]


def test_a_description_may_look_like_steps() -> None:
    text = "What it does:\nsteps:\n- key: a\n  - key: b\n"
    whole = document(
        name="x\nsteps:\n  - y", description=text, settings={}, steps=[StepSpec(key="a", type="email")] * 2
    )
    assert read_yaml(write_yaml(whole)).description == text


@pytest.mark.parametrize(
    ("delay", "parts"),
    [("P3D", (3, 0, 0)), ("P2W", (14, 0, 0)), ("PT36H", (0, 36, 0)), ("P1DT2H30M", (1, 2, 30)), ("PT0M", (0, 0, 0))],
)
def test_a_delay_is_a_duration(delay: str, parts: tuple[int, int, int]) -> None:
    step = read_document({"version": 1, "name": "x", "steps": [{"key": "a", "type": "email", "delay": delay}]}).steps[0]
    assert (step.delay_days, step.delay_hours, step.delay_minutes) == parts
    if delay != "P2W":
        assert written_delay(*parts) == delay


STEP = {"key": "a", "type": "delay", "config": {"days": 1}}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (None, ""),
        ([], ""),
        ({"name": "x"}, "version"),
        ({"version": 2, "name": "x"}, "version"),
        ({"version": 1}, "name"),
        ({"version": 1, "name": " "}, "name"),
        ({"version": 1, "name": "x", "step": []}, "step"),
        ({"version": 1, "name": "x", "settings": {"timezone": "Mars/Base"}}, "settings.timezone"),
        ({"version": 1, "name": "x", "settings": {"send_window": {"start": "9"}}}, "settings.send_window.start"),
        ({"version": 1, "name": "x", "steps": {}}, "steps"),
        ({"version": 1, "name": "x", "steps": ["a"]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [STEP, {**STEP, "type": "dance"}]}, "steps[1].type"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "key": "a b"}]}, "steps[0].key"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "position": 2}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": "PT5S"}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": "P"}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": "P1DT"}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": 3}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": "P1D", "delay_days": 1}]}, "steps[0]"),
        ({"version": 1, "name": "x", "steps": [{**STEP, "delay": "P99999D"}]}, "steps[0].delay_days"),
    ],
)
def test_a_bad_document_is_refused_by_field(document: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_document(document)
    assert field in [error.field for error in refused.value.errors]
