"""Judges a run: a pure function from the evidence to figures and findings.

An email is identified by its recipient and subject at the sink, not by its row in Postgres. So an email that was sent
twice under two Message-IDs is found, too.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.chaos.evidence import EnrollmentRecord, Evidence, MessageRecord
from bench.chaos.fates import CUTS, SAYS_STOP, Role, email_of, expected
from bench.chaos.processes import ProcessLife
from bench.chaos.smtp_sink import SinkEvent

MOMENT = 0.5
"""Tolerance in seconds: the sink records a cut before the sender notices it, and a kill is recorded after the process
has ended."""


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """A message with an unknown outcome, and the crash or cut that caused it, if one is found."""

    message: MessageRecord
    found_at: float
    then: str
    """`skip`, `resend`, or `unsettled` if it is still `sending` at the end."""
    arrived: bool
    cause: str | None


@dataclass
class Verdict:
    enrollments: int = 0
    as_expected: int = 0
    lost: list[str] = field(default_factory=list[str])
    duplicated: list[str] = field(default_factory=list[str])
    sent_again: list[str] = field(default_factory=list[str])
    """Emails that arrived again under the same Message-ID, because the policy re-sent an unknown outcome."""
    unknown: list[UnknownOutcome] = field(default_factory=list[UnknownOutcome])
    emails_after_reply: list[str] = field(default_factory=list[str])
    otherwise: list[str] = field(default_factory=list[str])
    """Enrollments that ended differently from what the table of fates says."""

    def figures(self) -> dict[str, int]:
        return {
            "enrollments": self.enrollments,
            "as_expected": self.as_expected,
            "lost": len(self.lost),
            "duplicated": len(self.duplicated),
            "unknown": len(self.unknown),
            "unknown_explained": sum(one.cause is not None for one in self.unknown),
            "emails_after_reply": len(self.emails_after_reply),
        }

    @property
    def findings(self) -> list[str]:
        unexplained = [
            f"unexplained: {one.message.to} {one.message.email}" for one in self.unknown if one.cause is None
        ]
        kinds = {"lost": self.lost, "duplicated": self.duplicated, "after the reply": self.emails_after_reply}
        return [f"{kind}: {one}" for kind, ones in kinds.items() for one in ones] + unexplained + self.otherwise


def judge(evidence: Evidence) -> Verdict:
    arrivals: dict[str, list[SinkEvent]] = defaultdict(list)
    for one in evidence.journal:
        if one.did == "taken":
            arrivals[one.to].append(one)
    messages: dict[str, list[MessageRecord]] = defaultdict(list)
    for message in evidence.messages:
        messages[message.to].append(message)
    verdict = Verdict(enrollments=len(evidence.enrollments))
    for role in evidence.roles:
        arrived, composed = arrivals[role.email], messages[role.email]
        unknown = [one for message in composed for one in _unknown(message, arrived, evidence)]
        verdict.unknown += unknown
        enrollment = evidence.enrollments.get(role.email)
        if enrollment is None:
            verdict.lost.append(f"{role.email} was never enrolled")
            continue
        _compare(verdict, role, enrollment, arrived, unknown)
        if role.fate in SAYS_STOP and role.email in evidence.answered:
            verdict.emails_after_reply += _after_stop(enrollment, arrived)
    return verdict


def _compare(
    verdict: Verdict,
    role: Role,
    enrollment: EnrollmentRecord,
    arrivals: Sequence[SinkEvent],
    unknown: Sequence[UnknownOutcome],
) -> None:
    """Compares the emails and the ending of one lead with the expected ones."""
    given_up = [one.message.email for one in unknown if not one.arrived and one.then != "resend"]
    ending = expected(role.fate, given_up)
    came = list(dict.fromkeys(email_of(one.subject) for one in arrivals))
    missing = [email for email in ending.emails if email not in came]
    verdict.lost += [f"{role.email} {email}" for email in missing]
    twice = _twice(arrivals, Counter(one.message.message_id for one in unknown if one.then == "resend"))
    verdict.duplicated += twice[False]
    verdict.sent_again += twice[True]
    ended = (enrollment.status, enrollment.reason, enrollment.lead_status)
    wanted = (ending.status, ending.reason, ending.lead_status)
    if ended == wanted and tuple(came) == ending.emails:
        verdict.as_expected += 1
    else:
        why = f" ({enrollment.error})" if enrollment.error else ""
        verdict.otherwise.append(
            f"{role.email} {role.fate}: {came} {ended}{why}, expected {list(ending.emails)} {wanted}"
        )


def _twice(arrivals: Sequence[SinkEvent], resends: Mapping[str, int]) -> dict[bool, list[str]]:
    """Returns the arrivals of an email after its first one. Under True: those that are explained by a re-sent unknown
    outcome."""
    found: dict[bool, list[str]] = {True: [], False: []}
    left = Counter(resends)
    seen: dict[str, str] = {}
    for one in arrivals:
        email = email_of(one.subject)
        if email not in seen:
            seen[email] = one.message_id
            continue
        # Allowed: the same Message-ID, and at most as often as it was re-sent.
        allowed = one.message_id == seen[email] and left[one.message_id] > 0
        left[one.message_id] -= allowed
        found[allowed].append(f"{one.to} {email}")
    return found


def _after_stop(enrollment: EnrollmentRecord, arrivals: Sequence[SinkEvent]) -> list[str]:
    """Returns the emails that left after the stop: neither handed over nor being handed over at that time."""
    if enrollment.stopped_at is None:
        return []
    return [
        f"{one.to} {email_of(one.subject)}"
        for one in arrivals
        if one.message_id not in enrollment.let_go and one.at > enrollment.stopped_at
    ]


def _unknown(message: MessageRecord, arrivals: Sequence[SinkEvent], evidence: Evidence) -> list[UnknownOutcome]:
    """Returns an entry for each time that the message's outcome was found to be unknown."""
    found: list[UnknownOutcome] = []
    mark = None
    arrived = any(one.message_id == message.message_id for one in arrivals)
    for note in message.notes:
        if note.what == "sending":
            mark = note
        elif note.what.startswith("unknown, ") and mark is not None:
            cause = _cause(message, mark.at, mark.port, note.at, evidence)
            found.append(UnknownOutcome(message, note.at, note.what.removeprefix("unknown, "), arrived, cause))
    if message.status == "sending" and mark is not None:
        cause = _cause(message, mark.at, mark.port, float("inf"), evidence)
        found.append(UnknownOutcome(message, mark.at, "unsettled", arrived, cause))
    return found


def _cause(message: MessageRecord, marked_at: float, port: int, found_at: float, evidence: Evidence) -> str | None:
    """Returns what made the outcome unknown: a connection cut by the sink, or a kill of the process that was sending
    the message; None if neither is found."""
    for one in evidence.journal:
        if one.message_id == message.message_id and one.did in CUTS and marked_at - MOMENT <= one.at <= found_at:
            return f"the sink: {one.did}, {one.at - marked_at:+.2f} s after `sending`"
    life = _life_of(port, marked_at, evidence.lives)
    if life is not None and life.was_killed and life.ended is not None and life.ended <= found_at + MOMENT:
        return f"{life.name} (pid {life.pid}) was killed {life.ended - marked_at:.2f} s after `sending`"
    return None


def _life_of(port: int, at: float, lives: Sequence[ProcessLife]) -> ProcessLife | None:
    """Returns the process that was connected to Postgres from this port at this time."""
    for one in lives:
        if port in one.ports and one.began <= at and (one.ended is None or at <= one.ended + MOMENT):
            return one
    return None
