"""The examples of docs/extending.md run as they are printed: they are registered, validated and performed."""

import re
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from domain.sequences.conditions.condition import CONDITIONS
from domain.sequences.steps import STEP_TYPES
from domain.sequences.steps.action import ACTIONS
from services.engine.actions.action import ACTION_EFFECTS
from services.engine.effects import unpaired
from services.inbound.receiving import ClickEvent
from tests.stage import Stage

DOC = Path(__file__).parents[3] / "docs" / "extending.md"
# A file name in a sentence, and the example that follows it.
EXAMPLE = re.compile(r"`([\w/]+\.py)`[^`]*(?:`\w+`[^`]*)*```python\n(.*?)```", re.DOTALL)
REGISTRIES: tuple[dict[str, Any], ...] = (CONDITIONS, STEP_TYPES, ACTIONS, ACTION_EFFECTS)


@pytest.fixture
def extended() -> Generator[None]:
    """Registers the examples while the test runs."""
    before, modules = [dict(registry) for registry in REGISTRIES], sys.modules.copy()
    examples = EXAMPLE.findall(DOC.read_text("utf-8"))
    assert len(examples) == 4
    for path, source in examples:
        # Load it as the module that the page names: a later example imports it.
        module = ModuleType(path.removesuffix(".py").replace("/", "."))
        sys.modules[module.__name__] = module
        exec(compile(source, path, "exec"), module.__dict__)
    assert unpaired() == []
    yield
    for registry, entries in zip(REGISTRIES, before, strict=True):
        registry.clear()
        registry.update(entries)
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]


async def test_the_documented_examples_run(stage: Stage, extended: None) -> None:
    steps = [
        {"key": "intro", "type": "email", "config": {"subject": "Hello", "body_text": "Hello"}},
        {"key": "until", "type": "wait_until", "config": {"day": "2099-01-01"}},
        {
            "key": "keen",
            "type": "condition",
            "config": {
                "branches": [{"if": "clicked_twice", "then": {"goto": "note"}}],
                "else": {"stop": True, "reason": "not keen"},
            },
        },
        {"key": "note", "type": "action", "config": {"action": "set_field", "field": "keen", "value": True}},
    ]
    sequence = await stage.sequence(steps)
    keen, other = await stage.lead(), await stage.lead()
    ends = await stage.enroll(sequence, keen, other)
    await stage.until_sent(2)

    async def waiting() -> bool:
        return all([(await stage.state(one)).next_action_at.year == 2099 for one in ends])

    await stage.until(waiting, "both were sent their email and wait")
    for _ in range(2):
        await stage.tell(keen, ClickEvent(type="click"))
    await stage.tell(other, ClickEvent(type="click"))
    due = (await stage.state(ends[0])).next_action_at
    assert due.isoformat() == "2099-01-01T08:00:00+00:00"  # Nine o'clock in Berlin.
    await stage.query_write(
        "UPDATE lead_sequence_state SET next_action_at = now(), revision = revision + 1 WHERE sequence_id = :id",
        id=sequence,
    )
    for enrollment in ends:
        await stage.query_write(
            "INSERT INTO outbox (tenant_id, enrollment_id, command) VALUES (:tenant, :id, 'plan_changed')",
            tenant=stage.tenant_id,
            id=enrollment,
        )
        await stage.parts.dispatcher.dispatch(stage.tenant_id)
    await stage.until_status(ends[0], "completed")
    assert (await stage.lead_row(keen)).custom == {"keen": True}
    assert (await stage.until_status(ends[1], "stopped")).stop_reason == "not keen"
