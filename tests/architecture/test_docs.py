"""The documents name everything that exists, and nothing that does not."""

import re
from pathlib import Path

from domain.sequences.conditions.condition import leaf_names
from domain.sequences.conditions.fields import OPS
from domain.sequences.steps import STEP_TYPES
from domain.sequences.steps.action import ACTIONS

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_step_condition_and_action_is_documented_with_its_fields() -> None:
    text = (DOCS / "steps.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)`", text))
    assert {*STEP_TYPES, *leaf_names(), *ACTIONS, *OPS} <= named
    for config in (*STEP_TYPES.values(), *ACTIONS.values()):
        fields = {field.alias or name for name, field in config.model_fields.items()}
        assert fields <= named, config.__name__


def test_every_test_that_a_document_names_exists() -> None:
    named = [
        one
        for document in DOCS.glob("*.md")
        for one in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", document.read_text("utf-8"))
    ]
    assert len(named) >= 20
    for path, test in named:
        file = DOCS.parent / path
        assert file.exists(), path
        assert not test or f"def {test}(" in file.read_text("utf-8"), test


def test_every_link_between_documents_has_a_target() -> None:
    for document in (*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+\.\w+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
