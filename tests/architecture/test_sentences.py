"""The web app has words for every code that the server can send: none is left without, and none is of the past."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from domain.enrollments.explain import CAUSES as REASONS
from domain.enrollments.explain import limits
from domain.enrollments.status import EnrollmentStatus, StopReason
from mail.inbound.parse import Classification
from services.engine.actions.action import ACTIONS
from services.enrollments.enrolling import WHY_SKIPPED
from services.inbound import receiving as receive

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "web" / "src" / "features"
UP = [path for path in (ROOT / "db" / "migrations" / "sql").glob("*.sql") if not path.stem.endswith("_down")]


def test_every_reason_has_words() -> None:
    assert _keys("leads/reasons.ts", "REASONS") == {cause.__name__ for cause in REASONS} | {"due"}


def test_every_event_of_the_log_has_a_sentence() -> None:
    assert _keys("leads/sentences.ts", "LOG") == set(_logged())


def test_every_event_of_a_lead_has_a_sentence() -> None:
    types = {get_args(kind.model_fields["type"].annotation)[0] for kind in _lead_events()}
    assert _keys("leads/sentences.ts", "ENGAGEMENT") == types - {"custom"}


def test_every_cause_of_a_deferral_has_words() -> None:
    of_explain = {name for name, cause in vars(limits).items() if cause in REASONS}
    in_sql = {cause for text in _sql() for cause in re.findall(r"'cause', '(\w+)'", text)}
    assert _keys("leads/sentences.ts", "CAUSES") == of_explain | in_sql


def test_every_stop_reason_action_skip_and_classification_has_words() -> None:
    assert _keys("leads/sentences.ts", "STOP_REASONS") == set(StopReason)
    assert _keys("leads/sentences.ts", "ACTIONS") == set(ACTIONS)
    assert _keys("leads/skips.ts", "SKIPS") == set(WHY_SKIPPED)
    assert _keys("dev/understood.ts", "CLASSIFICATIONS") == {*get_args(Classification), "own"}


def _keys(file: str, name: str) -> set[str]:
    """The keys of a record of the web app, which stands at the left edge and is written a key a line."""
    text = (FEATURES / file).read_text("utf-8")
    record = re.search(rf"^export const {name}\b[^\n]*= {{\n(.*?)^}};", text, re.DOTALL | re.MULTILINE)
    assert record is not None, f"{file} has no {name}"
    return set(re.findall(r"^  (\w+):", record[1], re.MULTILINE))


def _logged() -> Iterator[str]:
    """Every event that SQL or a step writes to the execution log."""
    queries = [(ROOT / "db" / "queries" / name).read_text("utf-8") for name in ("sent.py", "restored.py")]
    for text in (*_sql(), *queries):
        yield from re.findall(r"log_move\(state, '(\w+)'", text)
        if "log_move(state, state.status" in text:
            yield from (status for status in EnrollmentStatus if status.ended)
        for insert in re.findall(r"INSERT INTO sequence_execution_log\b([^;]*?)(?:;|\"{3}|\Z)", text):
            named = re.search(r"SELECT[^;]*?'(\w+)'(?:,|\s+FROM)", re.sub(r"->>?\s*'\w+'", "", insert))
            if named is not None:
                yield named[1]
    for path in (ROOT / "services").rglob("*.py"):
        for line in re.findall(r'"event": (.*),$', path.read_text("utf-8"), re.MULTILINE):
            yield from re.findall(r'"(\w+)"', re.sub(r'== "\w+"', "", line))


def _sql() -> list[str]:
    return [path.read_text("utf-8") for path in UP]


def _lead_events() -> list[type[receive._Event]]:  # pyright: ignore[reportPrivateUsage]
    union = get_args(receive.LeadEvent)[0]
    return list(get_args(union))
