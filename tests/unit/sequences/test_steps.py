"""An invalid step config is refused with the name of the field."""

from typing import Any

import pytest

from domain.sequences.sequence import read_config

TEXT = {"body_text": "Hi"}


@pytest.mark.parametrize(
    ("step_type", "config", "field"),
    [
        ("email", {"subject": "x\r\nBcc: a@b.example", **TEXT}, "config.subject"),
        ("email", {"subject": "x"}, "config"),
        ("email", {**TEXT}, "config"),
        ("email", {"subject": "x", **TEXT, "subjct": "y"}, "config.subjct"),
        ("delay", {}, "config"),
        ("delay", {"days": -1}, "config.days"),
        ("action", {"action": "explode"}, "config"),
        ("action", {"action": "update_status"}, "config.status"),
        ("action", {"action": "tag_lead"}, "config"),
        ("condition", {"branches": []}, "config.branches"),
        ("condition", {"branches": [{"if": "hoped", "then": {"stop": True}}]}, "config.branches[0].if"),
        ("condition", {"branches": [{"if": "opened", "then": {}}]}, "config.branches[0].then"),
        (
            "condition",
            {"branches": [{"if": {"field": "company", "op": ["eq"], "value": 1}, "then": {"stop": True}}]},
            "config.branches[0].if",
        ),
        ("condition", {"branches": [{"if": {"any": []}, "then": {"stop": True}}]}, "config.branches[0].if"),
    ],
)
def test_a_bad_config_is_refused_by_field(step_type: str, config: dict[str, Any], field: str) -> None:
    read, errors = read_config(step_type, config)
    assert read is None
    assert field in [error.field for error in errors]
    assert all(error.code and error.detail for error in errors)


def test_the_nesting_of_conditions_is_limited() -> None:
    deep: Any = "opened"
    for _ in range(500):
        deep = {"not": deep}
    read, errors = read_config("condition", {"branches": [{"if": deep, "then": {"stop": True}}]})
    assert read is None
    assert "nests at most" in errors[0].detail


@pytest.mark.parametrize("config", [{"days": 3}, {"hours": 1, "minutes": 30}])
def test_a_valid_config_is_accepted(config: dict[str, Any]) -> None:
    read, errors = read_config("delay", config)
    assert (read is not None, errors) == (True, [])
