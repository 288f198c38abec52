"""Each sequence in examples/ is imported, exported, imported again, and can be activated."""

from pathlib import Path

import pytest

from domain.sequence_file import read_document, read_yaml
from domain.yaml_text import load
from tests.integration.api.client import Tenant

EXAMPLES = {
    file.stem: file.read_text("utf-8") for file in sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_works(tenant: Tenant, name: str) -> None:
    text = EXAMPLES[name]
    headers = {"Content-Type": "application/yaml"}
    made = await tenant.call("POST", "/sequences/import", 201, content=text, headers=headers)
    exported = await tenant.http.get(f"/sequences/{made['id']}/export")
    assert read_yaml(exported.text) == read_yaml(text)
    again = await tenant.call("POST", "/sequences/import", 201, content=exported.text, headers=headers)
    as_json = await tenant.call("GET", f"/sequences/{again['id']}/export?format=json")
    assert read_document(as_json) == read_yaml(text)
    active = await tenant.call("PUT", f"/sequences/{again['id']}", json={"status": "active"})
    assert (active["status"], active["steps_count"]) == ("active", len(load(text)["steps"]))


def test_there_are_five_with_names_of_their_own() -> None:
    assert len({load(text)["name"] for text in EXAMPLES.values()}) == 5
