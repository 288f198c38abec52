"""The judge of the survival run, tested with a run without faults and with every fault that it must find."""

from dataclasses import replace

import pytest

from bench.chaos.evidence import EnrollmentRecord, Evidence, MessageNote, MessageRecord
from bench.chaos.fates import BREAKUP, FOLLOW_UP, INTRO, Ending, Fate, Role, ServerFault, cast_roles, expected
from bench.chaos.judge import judge
from bench.chaos.kills import Victim, plan_kills
from bench.chaos.processes import KILLED, ProcessLife
from bench.chaos.smtp_sink import SinkEvent, read_journal

SILENT, REPLIER = "silent@leads.example", "replier@leads.example"
ROLES = [Role(SILENT, Fate.SILENT, ()), Role(REPLIER, Fate.REPLIES_TO_INTRO, ())]
SUBJECT = {
    INTRO: "Quick question about Acme",
    FOLLOW_UP: "Following up - Acme",
    BREAKUP: "Last email from me",
}
STOPPED_AT = 150.0


def taken(at: float, to: str, email: str, message_id: str | None = None) -> SinkEvent:
    return SinkEvent(at, "taken", to, message_id or f"<{email}.{to}>", SUBJECT[email])


def message(to: str, email: str, status: str = "sent", *notes: MessageNote) -> MessageRecord:
    return MessageRecord(f"<{email}.{to}>", to, email, status, notes)


ARRIVALS = [taken(100, SILENT, INTRO), taken(200, SILENT, FOLLOW_UP), taken(300, SILENT, BREAKUP)]
REPLIED = [taken(100, REPLIER, INTRO)]
FAULTLESS = Evidence(
    roles=ROLES,
    enrollments={
        SILENT: EnrollmentRecord(SILENT, "completed", None, "unresponsive"),
        REPLIER: EnrollmentRecord(
            REPLIER, "stopped", "replied", "qualified", None, STOPPED_AT, frozenset({f"<{INTRO}.{REPLIER}>"})
        ),
    },
    messages=[message(SILENT, email) for email in (INTRO, FOLLOW_UP, BREAKUP)] + [message(REPLIER, INTRO)],
    journal=[*ARRIVALS, *REPLIED],
    lives=[],
    answered={REPLIER: 151.0},
)


def with_follow_up(status: str, *notes: MessageNote) -> list[MessageRecord]:
    return [one for one in FAULTLESS.messages if (one.to, one.email) != (SILENT, FOLLOW_UP)] + [
        message(SILENT, FOLLOW_UP, status, *notes)
    ]


def test_a_run_without_faults_has_no_findings() -> None:
    verdict = judge(FAULTLESS)
    assert verdict.figures() == {
        "enrollments": 2,
        "as_expected": 2,
        "lost": 0,
        "duplicated": 0,
        "unknown": 0,
        "unknown_explained": 0,
        "emails_after_reply": 0,
    }
    assert verdict.findings == []


def test_a_lost_email_is_found() -> None:
    """Postgres says `sent`, but the email never arrived."""
    verdict = judge(replace(FAULTLESS, journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED]))
    assert verdict.lost == [f"{SILENT} {FOLLOW_UP}"]
    assert verdict.as_expected == 1


@pytest.mark.parametrize("message_id", [None, "<another@sender.example>"])
def test_a_duplicated_email_is_found_under_any_message_id(message_id: str | None) -> None:
    again = taken(310, SILENT, FOLLOW_UP, message_id)
    assert judge(replace(FAULTLESS, journal=[*FAULTLESS.journal, again])).duplicated == [f"{SILENT} {FOLLOW_UP}"]


def test_a_lead_that_was_never_enrolled_is_lost() -> None:
    verdict = judge(replace(FAULTLESS, enrollments={REPLIER: FAULTLESS.enrollments[REPLIER]}))
    assert verdict.figures()["lost"] == 1


def test_an_email_after_the_reply_is_found_but_not_one_being_handed_over() -> None:
    on_its_way, later = taken(152, REPLIER, INTRO), taken(152, REPLIER, FOLLOW_UP)
    assert judge(replace(FAULTLESS, journal=[*ARRIVALS, on_its_way])).emails_after_reply == []
    verdict = judge(replace(FAULTLESS, journal=[*FAULTLESS.journal, later]))
    assert verdict.emails_after_reply == [f"{REPLIER} {FOLLOW_UP}"]
    assert verdict.as_expected == 1


def test_an_unexpected_ending_is_found() -> None:
    failed = EnrollmentRecord(SILENT, "failed", None, "new", "message_refused: 554")
    verdict = judge(replace(FAULTLESS, enrollments={**FAULTLESS.enrollments, SILENT: failed}))
    assert verdict.as_expected == 1
    assert "message_refused" in verdict.findings[0]


SENDING, FOUND = MessageNote(200.0, "sending", 4001), MessageNote(220.0, "unknown, skip", 4002)
HOLDER = ProcessLife("worker-0", 11, began=50.0, ended=200.1, status=KILLED, ports={4001})


@pytest.mark.parametrize(
    ("lives", "journal", "explained"),
    [
        pytest.param([HOLDER], [], True, id="its worker was killed"),
        pytest.param([replace(HOLDER, ports={4009})], [], False, id="another worker was killed"),
        pytest.param([replace(HOLDER, ended=150.0)], [], False, id="a worker was killed before"),
        pytest.param([replace(HOLDER, status=1)], [], False, id="it ended otherwise"),
        pytest.param(
            [],
            [SinkEvent(200.1, ServerFault.CUT_UNTAKEN, SILENT, f"<{FOLLOW_UP}.{SILENT}>")],
            True,
            id="the connection was cut",
        ),
        pytest.param(
            [], [SinkEvent(200.1, ServerFault.CUT_UNTAKEN, SILENT, f"<{INTRO}.{SILENT}>")], False, id="another was cut"
        ),
        pytest.param([], [], False, id="nothing happened"),
    ],
)
def test_an_unknown_outcome_is_explained_only_by_a_cut_or_kill_in_its_window(
    lives: list[ProcessLife], journal: list[SinkEvent], explained: bool
) -> None:
    evidence = replace(
        FAULTLESS,
        messages=with_follow_up("unknown", SENDING, FOUND),
        journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED, *journal],
        lives=lives,
    )
    figures = judge(evidence).figures()
    assert (figures["unknown"], figures["unknown_explained"]) == (1, int(explained))
    # The outcome stayed unknown and the email never arrived. With `skip` this is not a loss.
    assert (figures["lost"], figures["as_expected"]) == (0, 2)


def test_a_message_that_is_still_sending_at_the_end_is_unknown() -> None:
    verdict = judge(replace(FAULTLESS, messages=with_follow_up("sending", SENDING), lives=[HOLDER]))
    assert [one.then for one in verdict.unknown] == ["unsettled"]


def test_each_resend_by_the_policy_allows_one_more_copy() -> None:
    resent = with_follow_up(
        "sent", SENDING, replace(FOUND, what="unknown, resend"), MessageNote(221.0, "sending", 4002)
    )
    again = taken(221.1, SILENT, FOLLOW_UP)
    evidence = replace(FAULTLESS, messages=resent, journal=[*FAULTLESS.journal, again], lives=[HOLDER])
    verdict = judge(evidence)
    assert (verdict.sent_again, verdict.duplicated) == ([f"{SILENT} {FOLLOW_UP}"], [])
    assert judge(replace(evidence, journal=[*evidence.journal, again])).duplicated == [f"{SILENT} {FOLLOW_UP}"]
    # An email that is sent again is not lost.
    missing = replace(evidence, journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED])
    assert judge(missing).lost == [f"{SILENT} {FOLLOW_UP}"]


def test_a_lead_does_not_react_to_an_email_that_never_arrived() -> None:
    assert expected(Fate.OPENS, [FOLLOW_UP]) == Ending((INTRO, BREAKUP), "completed", None, "unresponsive")
    assert expected(Fate.REPLIES_TO_FOLLOW_UP, [INTRO]) == Ending((FOLLOW_UP,), "stopped", "replied", "qualified")


def test_roles_and_kills_depend_only_on_the_seed() -> None:
    assert cast_roles(3, 200) == cast_roles(3, 200) != cast_roles(4, 200)
    assert {role.fate for role in cast_roles(3, 200)} == set(Fate)
    counts = {Victim.WORKER: 10, Victim.POSTGRES: 3}
    assert plan_kills(3, 60, counts) == plan_kills(3, 60, counts) != plan_kills(4, 60, counts)
    assert len(plan_kills(3, 60, counts)) == 13


def test_an_incomplete_last_line_of_the_journal_is_ignored() -> None:
    line = '{"at": 1.0, "did": "taken", "to": "a@b.example", "message_id": "<1>", "subject": "S"}'
    assert read_journal(f"{line}\n{line[:20]}") == [SinkEvent(1.0, "taken", "a@b.example", "<1>", "S")]
    assert read_journal("") == []
