"""The types of a step. Those that only wait or decide are here, each in a file of its own; those that have an effect
(an email, an action) are in `services/steps`, where they may touch the world. A new type is one class in one file."""

from domain.discovery import import_modules
from domain.sequences.steps.config import STEP_TYPES, StepConfig, Zones
from domain.sequences.steps.outcome import CONTINUE, Branch, Outcome
from domain.sequences.steps.spec import MAX_DELAY_DAYS, StepKey, StepSpec, StepText, StepType

import_modules(__name__, __path__)

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
