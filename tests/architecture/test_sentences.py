"""The web app has a text for every code that the server can send, and none for codes that no longer exist."""

import re
from pathlib import Path
from typing import get_args

from domain.enrollments.explain import CAUSES as REASONS
from domain.enrollments.explain import limits
from domain.enrollments.log_event import LogEvent
from domain.enrollments.status import StopReason
from domain.sequences.steps.action import ACTIONS
from mail.inbound.parse import Classification
from services.enrollments.enrolling import WHY_SKIPPED
from services.inbound import receiving

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "web" / "src" / "features"
SQL = sorted((ROOT / "db" / "sql").glob("*.sql"))


def test_every_reason_has_a_text() -> None:
    assert _keys("leads/enrollment/reasons.ts", "REASONS") == {cause.__name__ for cause in REASONS} | {"due"}


def test_every_event_of_the_log_has_a_sentence() -> None:
    assert _keys("leads/timeline/sentences.ts", "LOG") == set(LogEvent)


def test_every_event_of_a_lead_has_a_sentence() -> None:
    types = {get_args(kind.model_fields["type"].annotation)[0] for kind in _lead_events()}
    assert _keys("leads/timeline/sentences.ts", "ENGAGEMENT") == types - {"custom"}


def test_every_cause_of_a_deferral_has_a_text() -> None:
    of_explain = {name for name, cause in vars(limits).items() if cause in REASONS}
    in_sql = {cause for text in _sql() for cause in re.findall(r"'cause', '(\w+)'", text)}
    assert _keys("leads/timeline/sentences.ts", "CAUSES") == of_explain | in_sql


def test_every_stop_reason_action_skip_and_classification_has_a_text() -> None:
    assert _keys("leads/timeline/sentences.ts", "STOP_REASONS") == set(StopReason)
    assert _keys("leads/timeline/sentences.ts", "ACTIONS") == set(ACTIONS)
    assert _keys("leads/enrollment/skip-reasons.ts", "SKIPS") == set(WHY_SKIPPED)
    assert _keys("dev/mail/classifications.ts", "CLASSIFICATIONS") == {*get_args(Classification), "own"}


def _keys(file: str, name: str) -> set[str]:
    """Returns the keys of a record in the web app's source. It begins at the left margin and has one key per line."""
    text = (FEATURES / file).read_text("utf-8")
    record = re.search(rf"^export const {name}\b[^\n]*= {{\n(.*?)^}};", text, re.DOTALL | re.MULTILINE)
    assert record is not None, f"{file} has no {name}"
    return set(re.findall(r"^  (\w+):", record[1], re.MULTILINE))


def _sql() -> list[str]:
    return [path.read_text("utf-8") for path in SQL]


def _lead_events() -> list[type[receiving._Event]]:  # pyright: ignore[reportPrivateUsage]
    union = get_args(receiving.LeadEvent)[0]
    return list(get_args(union))
