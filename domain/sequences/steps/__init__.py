"""The step types as configuration, one class in one file each.

The configs of actions are in `domain/sequences/actions/`. Both folders are imported here, so that every module that
imports a step knows all built-in types. A config is pure. The effect of a step is in `services/engine/effects/`.
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
