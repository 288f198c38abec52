"""The types of a step, as configuration: one class in one file each.

The configs of actions stand in `domain/sequences/actions/`. Both folders are read here, so that whoever imports a step
knows every built-in type. A config is pure. What a step does to the world stands in `services/engine/effects/`.
"""

from domain.discovery import import_modules
from domain.sequences.steps.config import STEP_TYPES, StepConfig
from domain.sequences.steps.outcome import CONTINUE, Branch, Outcome
from domain.sequences.steps.spec import MAX_DELAY_DAYS, StepKey, StepSpec, StepText, StepType
from domain.zones import Zones

import_modules(__name__)
import_modules("domain.sequences.actions")

__all__ = [
    "CONTINUE",
    "MAX_DELAY_DAYS",
    "STEP_TYPES",
    "Branch",
    "Outcome",
    "StepConfig",
    "StepKey",
    "StepSpec",
    "StepText",
    "StepType",
    "Zones",
]
