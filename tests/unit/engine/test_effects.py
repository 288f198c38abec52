"""Each config that takes effect has an effect, and each effect a config. A worker with a missing pair does not
start."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

import pytest

from cadenza.errors import StartError
from cadenza.runtime.worker import run
from cadenza.settings import load_settings
from domain.engine.contracts import ERASED, Directive
from domain.sequences.steps import STEP_TYPES, StepConfig
from domain.sequences.steps.action import ACTIONS, ActionConfig
from services.engine.actions.action import ACTION_EFFECTS, ActionEffect
from services.engine.effects import EFFECTS, Effect, unpaired
from services.engine.tools import Tools
from services.engine.visit import Visit


@pytest.fixture
def registries() -> Generator[None]:
    """The registries. A test may add to them; they are restored afterwards."""
    kept: tuple[dict[str, Any], ...] = (STEP_TYPES, ACTIONS, EFFECTS, ACTION_EFFECTS)
    before = [dict(registry) for registry in kept]
    yield
    for registry, entries in zip(kept, before, strict=True):
        registry.clear()
        registry.update(entries)


def test_every_built_in_type_has_an_effect() -> None:
    assert unpaired() == []
    assert {name for name, config in STEP_TYPES.items() if config.takes_effect} == {"action", "email"}
    assert len(ACTIONS) == len(ACTION_EFFECTS) == 7


def _config_without_effect() -> type[StepConfig]:
    class SendPostcardConfig(StepConfig):
        step_type: ClassVar[str] = "send_postcard"
        takes_effect: ClassVar[bool] = True

    return SendPostcardConfig


def _effect_without_config() -> type[Effect[Any]]:
    class SendPostcard(Effect[StepConfig]):
        step_type: ClassVar[str] = "send_postcard"

        async def perform(self, visit: Visit, tools: Tools) -> Directive:
            return ERASED

    return SendPostcard


def _effect_of_a_step_that_takes_none() -> type[Effect[Any]]:
    class PerformDelay(Effect[StepConfig]):
        step_type: ClassVar[str] = "delay"

        async def perform(self, visit: Visit, tools: Tools) -> Directive:
            return ERASED

    return PerformDelay


def _action_without_effect() -> type[ActionConfig]:
    class RingBellConfig(ActionConfig):
        action: Literal["ring_bell"]

    return RingBellConfig


def _action_effect_without_config() -> type[ActionEffect[Any]]:
    class RingBell(ActionEffect[ActionConfig]):
        action: ClassVar[str] = "ring_bell"

    return RingBell


@pytest.mark.parametrize(
    ("add", "line"),
    [
        (
            _config_without_effect,
            "the step type 'send_postcard' has a config that takes effect and no effect in services/engine/effects/",
        ),
        (
            _effect_without_config,
            "the step type 'send_postcard' has an effect and no config that takes effect in domain/sequences/steps/",
        ),
        (
            _effect_of_a_step_that_takes_none,
            "the step type 'delay' has an effect and no config that takes effect in domain/sequences/steps/",
        ),
        (
            _action_without_effect,
            "the action 'ring_bell' has a config that takes effect and no effect in services/engine/actions/",
        ),
        (
            _action_effect_without_config,
            "the action 'ring_bell' has an effect and no config that takes effect in domain/sequences/actions/",
        ),
    ],
)
async def test_a_worker_with_an_unpaired_type_does_not_start(registries: None, add: Any, line: str) -> None:
    add()
    with pytest.raises(StartError) as refused:
        await run(load_settings())
    assert str(refused.value) == line
