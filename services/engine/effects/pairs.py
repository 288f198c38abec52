"""Whether every config that takes effect has an effect, and every effect a config."""

from collections.abc import Iterator, Set

from domain.sequences.steps import STEP_TYPES
from domain.sequences.steps.action import ACTIONS
from services.engine.actions.action import ACTION_EFFECTS
from services.engine.effects.effect import EFFECTS


def unpaired() -> list[str]:
    """One sentence for each config without an effect and each effect without a config. Empty when all are paired."""
    taking_effect = {name for name, config in STEP_TYPES.items() if config.takes_effect}
    return [
        *_unpaired("step type", taking_effect, "domain/sequences/steps", EFFECTS.keys(), "services/engine/effects"),
        *_unpaired(
            "action", ACTIONS.keys(), "domain/sequences/actions", ACTION_EFFECTS.keys(), "services/engine/actions"
        ),
    ]


def _unpaired(noun: str, configs: Set[str], config_folder: str, effects: Set[str], effect_folder: str) -> Iterator[str]:
    for name in sorted(configs - effects):
        yield f"the {noun} {name!r} has a config that takes effect and no effect in {effect_folder}/"
    for name in sorted(effects - configs):
        yield f"the {noun} {name!r} has an effect and no config that takes effect in {config_folder}/"
