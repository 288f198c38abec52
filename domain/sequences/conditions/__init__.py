"""Conditions: the grammar of `if`, and its evaluation over what a lead did.

A test is a leaf (`"replied"`), a scoped leaf (`{"opened": {"step": "intro", "within_days": 3}}`), a lead-field
test (`{"field": "custom.plan", "op": "eq", "value": "pro"}`), or nests others (`any`, `all`, `not`). It is kept
as the JSON that was given, and read by `parse`. Each leaf is one class in one file of this package; a new
operator of field tests is one entry in `fields.OPS`.
"""

from domain.discovery import import_modules
from domain.sequences.conditions.engagement import Engagement, EngagementEvent
from domain.sequences.conditions.grammar import RawTest, Test, evaluate, parse, scoped_steps

import_modules(__name__, __path__)

__all__ = ["Engagement", "EngagementEvent", "RawTest", "Test", "evaluate", "parse", "scoped_steps"]
