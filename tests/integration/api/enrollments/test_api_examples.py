"""Each sequence in examples/ can be imported, exported, imported again, and activated."""

from pathlib import Path
from typing import Any

import pytest

from domain.sequences.file import read_document, read_yaml
from domain.sequences.steps import STEP_TYPES
from domain.sequences.steps.action import ACTIONS
from domain.sequences.yaml_text import load
from tests.integration.api.client import Tenant

EXAMPLES = {
    file.stem: file.read_text("utf-8") for file in sorted((Path(__file__).parents[4] / "examples").glob("*.yaml"))
}
USER, CAMPAIGN = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


async def with_ids_of(tenant: Tenant, text: str) -> str:
    """Returns the example with its IDs replaced by IDs of the tenant, as its reader would do."""
    user = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example", "name": "Sam"})
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Next time"})
    return text.replace(USER, user["id"]).replace(CAMPAIGN, campaign["id"])


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_works(tenant: Tenant, name: str) -> None:
    text = await with_ids_of(tenant, EXAMPLES[name])
    headers = {"Content-Type": "application/yaml"}
    made = await tenant.call("POST", "/sequences/import", 201, content=text, headers=headers)
    exported = await tenant.http.get(f"/sequences/{made['id']}/export")
    assert read_yaml(exported.text) == read_yaml(text)
    again = await tenant.call("POST", "/sequences/import", 201, content=exported.text, headers=headers)
    as_json = await tenant.call("GET", f"/sequences/{again['id']}/export?format=json")
    assert read_document(as_json) == read_yaml(text)
    active = await tenant.call("PUT", f"/sequences/{again['id']}", json={"status": "active"})
    assert (active["status"], active["steps_count"]) == ("active", len(load(text)["steps"]))


def test_there_are_six_examples_with_different_names() -> None:
    assert len({load(text)["name"] for text in EXAMPLES.values()}) == 6


def test_one_example_sends_in_office_hours_only() -> None:
    window = read_yaml(EXAMPLES["office-hours"]).settings.send_window
    assert window is not None and (window.days, window.end) == (("mon", "tue", "wed", "thu"), "16:30")
    assert [name for name, text in EXAMPLES.items() if read_yaml(text).settings.send_window] == ["office-hours"]


def test_one_example_uses_every_step_type_and_action() -> None:
    steps: list[dict[str, Any]] = load(EXAMPLES["every-step"])["steps"]
    assert {step["type"] for step in steps} == STEP_TYPES.keys()
    assert {step["config"]["action"] for step in steps if step["type"] == "action"} == ACTIONS.keys()
    first = next(step for step in steps if step["key"] == "who-is-it")["config"]["branches"][0]["if"]
    assert {"any", "not"} <= {key for test in first["all"] for key in test}
