"""The judge of the chaos run is tested itself: with a good run, and with every violation that it must find."""

from dataclasses import replace

import pytest

from bench.chaos.evidence import Enrollment, Evidence, Message, Note
from bench.chaos.fates import BREAKUP, FOLLOW_UP, INTRO, Ending, Fate, Mischief, Role, cast, expected
from bench.chaos.judge import judge
from bench.chaos.sink import Happening, read_journal
from bench.chaos.supervisor import Victim, strikes
from bench.chaos.world import KILLED, Life

SILENT, REPLIER = "silent@leads.example", "replier@leads.example"
ROLES = [Role(SILENT, Fate.SILENT, ()), Role(REPLIER, Fate.REPLIES_TO_INTRO, ())]
SUBJECT = {
    INTRO: "Quick question about Acme",
    FOLLOW_UP: "Following up - Acme",
    BREAKUP: "Last email from me",
}
STOPPED_AT = 150.0


def taken(at: float, to: str, email: str, message_id: str | None = None) -> Happening:
    return Happening(at, "taken", to, message_id or f"<{email}.{to}>", SUBJECT[email])


def message(to: str, email: str, status: str = "sent", *notes: Note) -> Message:
    return Message(f"<{email}.{to}>", to, email, status, notes)


ARRIVALS = [taken(100, SILENT, INTRO), taken(200, SILENT, FOLLOW_UP), taken(300, SILENT, BREAKUP)]
REPLIED = [taken(100, REPLIER, INTRO)]
WENT_WELL = Evidence(
    roles=ROLES,
    enrollments={
        SILENT: Enrollment(SILENT, "completed", None, "unresponsive"),
        REPLIER: Enrollment(
            REPLIER, "stopped", "replied", "qualified", None, STOPPED_AT, frozenset({f"<{INTRO}.{REPLIER}>"})
        ),
    },
    messages=[message(SILENT, email) for email in (INTRO, FOLLOW_UP, BREAKUP)] + [message(REPLIER, INTRO)],
    journal=[*ARRIVALS, *REPLIED],
    lives=[],
    answered={REPLIER: 151.0},
)


def with_follow_up(status: str, *notes: Note) -> list[Message]:
    return [one for one in WENT_WELL.messages if (one.to, one.email) != (SILENT, FOLLOW_UP)] + [
        message(SILENT, FOLLOW_UP, status, *notes)
    ]


def test_a_good_run_has_no_findings() -> None:
    verdict = judge(WENT_WELL)
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
    verdict = judge(replace(WENT_WELL, journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED]))
    assert verdict.lost == [f"{SILENT} {FOLLOW_UP}"]
    assert verdict.as_expected == 1


@pytest.mark.parametrize("message_id", [None, "<another@sender.example>"])
def test_a_duplicated_email_is_found_under_any_message_id(message_id: str | None) -> None:
    again = taken(310, SILENT, FOLLOW_UP, message_id)
    assert judge(replace(WENT_WELL, journal=[*WENT_WELL.journal, again])).duplicated == [f"{SILENT} {FOLLOW_UP}"]


def test_a_lead_that_was_never_enrolled_is_lost() -> None:
    verdict = judge(replace(WENT_WELL, enrollments={REPLIER: WENT_WELL.enrollments[REPLIER]}))
    assert verdict.figures()["lost"] == 1


def test_an_email_after_the_reply_is_found_unless_it_was_being_sent() -> None:
    on_its_way, later = taken(152, REPLIER, INTRO), taken(152, REPLIER, FOLLOW_UP)
    assert judge(replace(WENT_WELL, journal=[*ARRIVALS, on_its_way])).emails_after_reply == []
    verdict = judge(replace(WENT_WELL, journal=[*WENT_WELL.journal, later]))
    assert verdict.emails_after_reply == [f"{REPLIER} {FOLLOW_UP}"]
    assert verdict.as_expected == 1


def test_an_unexpected_end_is_found() -> None:
    failed = Enrollment(SILENT, "failed", None, "new", "message_refused: 554")
    verdict = judge(replace(WENT_WELL, enrollments={**WENT_WELL.enrollments, SILENT: failed}))
    assert verdict.as_expected == 1
    assert "message_refused" in verdict.findings[0]


SENDING, FOUND = Note(200.0, "sending", 4001), Note(220.0, "unknown, skip", 4002)
HOLDER = Life("worker-0", 11, began=50.0, ended=200.1, status=KILLED, ports={4001})


@pytest.mark.parametrize(
    ("lives", "journal", "explained"),
    [
        pytest.param([HOLDER], [], True, id="its worker was killed"),
        pytest.param([replace(HOLDER, ports={4009})], [], False, id="another worker was killed"),
        pytest.param([replace(HOLDER, ended=150.0)], [], False, id="a worker was killed before"),
        pytest.param([replace(HOLDER, status=1)], [], False, id="it ended otherwise"),
        pytest.param(
            [],
            [Happening(200.1, Mischief.CUT_UNTAKEN, SILENT, f"<{FOLLOW_UP}.{SILENT}>")],
            True,
            id="the connection was cut",
        ),
        pytest.param(
            [], [Happening(200.1, Mischief.CUT_UNTAKEN, SILENT, f"<{INTRO}.{SILENT}>")], False, id="another was cut"
        ),
        pytest.param([], [], False, id="nothing happened"),
    ],
)
def test_an_unknown_outcome_is_explained_only_by_a_fault_at_its_time(
    lives: list[Life], journal: list[Happening], explained: bool
) -> None:
    evidence = replace(
        WENT_WELL,
        messages=with_follow_up("unknown", SENDING, FOUND),
        journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED, *journal],
        lives=lives,
    )
    figures = judge(evidence).figures()
    assert (figures["unknown"], figures["unknown_explained"]) == (1, int(explained))
    # Recorded as unknown and never delivered: the policy `skip` accepts that, so it is not lost.
    assert (figures["lost"], figures["as_expected"]) == (0, 2)


def test_a_message_still_sending_at_the_end_is_unknown() -> None:
    verdict = judge(replace(WENT_WELL, messages=with_follow_up("sending", SENDING), lives=[HOLDER]))
    assert [one.then for one in verdict.unknown] == ["unsettled"]


def test_a_second_copy_is_excused_once_per_resend() -> None:
    resent = with_follow_up("sent", SENDING, replace(FOUND, what="unknown, resend"), Note(221.0, "sending", 4002))
    again = taken(221.1, SILENT, FOLLOW_UP)
    evidence = replace(WENT_WELL, messages=resent, journal=[*WENT_WELL.journal, again], lives=[HOLDER])
    verdict = judge(evidence)
    assert (verdict.sent_again, verdict.duplicated) == ([f"{SILENT} {FOLLOW_UP}"], [])
    assert judge(replace(evidence, journal=[*evidence.journal, again])).duplicated == [f"{SILENT} {FOLLOW_UP}"]
    # With the policy `resend`, a missing email is lost.
    missing = replace(evidence, journal=[*ARRIVALS[:1], *ARRIVALS[2:], *REPLIED])
    assert judge(missing).lost == [f"{SILENT} {FOLLOW_UP}"]


def test_an_email_that_never_arrived_is_not_answered() -> None:
    assert expected(Fate.OPENS, [FOLLOW_UP]) == Ending((INTRO, BREAKUP), "completed", None, "unresponsive")
    assert expected(Fate.REPLIES_TO_FOLLOW_UP, [INTRO]) == Ending((FOLLOW_UP,), "stopped", "replied", "qualified")


def test_roles_and_faults_depend_on_the_seed_only() -> None:
    assert cast(3, 200) == cast(3, 200) != cast(4, 200)
    assert {role.fate for role in cast(3, 200)} == set(Fate)
    counts = {Victim.WORKER: 10, Victim.POSTGRES: 3}
    assert strikes(3, 60, counts) == strikes(3, 60, counts) != strikes(4, 60, counts)
    assert len(strikes(3, 60, counts)) == 13


def test_an_incomplete_last_line_of_a_journal_is_ignored() -> None:
    line = '{"at": 1.0, "did": "taken", "to": "a@b.example", "message_id": "<1>", "subject": "S"}'
    assert read_journal(f"{line}\n{line[:20]}") == [Happening(1.0, "taken", "a@b.example", "<1>", "S")]
    assert read_journal("") == []
