"""Conditions: the grammar of `if`, and its evaluation over what a lead did.

A test is a leaf (`"replied"`), a leaf with a scope (`{"opened": {"step": "intro", "within_days": 3}}`), a test of a
lead's field (`{"field": "custom.plan", "op": "eq", "value": "pro"}`), or a group of tests (`any`, `all`, `not`). It is
stored as the JSON that the author wrote, and read by `parse`. Each leaf is one class in one file of this package. A new
operator for fields is one entry in `fields.OPS`.
"""

from domain.discovery import import_modules
from domain.sequences.conditions.engagement import Engagement, EngagementEvent
from domain.sequences.conditions.grammar import RawTest, Test, evaluate, parse, scoped_steps

import_modules(__name__)

__all__ = ["Engagement", "EngagementEvent", "RawTest", "Test", "evaluate", "parse", "scoped_steps"]
