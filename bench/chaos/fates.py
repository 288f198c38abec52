"""The fate of each lead, fixed before the run: what it does and how it must end in cold-outreach. Pure functions.

A role depends only on the seed: what the lead does, after which email, and how the mail server treats it. The expected
ending depends on the run in one respect only: a lead cannot react to an email whose outcome stayed unknown and that
never arrived (`unheard`), so it goes on like a silent lead.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

INTRO, FOLLOW_UP, INTERESTED, BREAKUP = "intro", "follow-up", "interested", "breakup"


class Fate(StrEnum):
    SILENT = "silent"
    OPENS = "opens the follow-up"
    CLICKS = "opens and clicks"
    OPENED_BY_MACHINE = "opened by a machine"
    REPLIES_TO_INTRO = "replies to the intro"
    REPLIES_TO_FOLLOW_UP = "replies to the follow-up"
    UNSUBSCRIBES = "unsubscribes"
    BOUNCES = "bounces"
    OUT_OF_OFFICE = "is out of office"
    PAUSED = "is paused and resumed"
    STOPPED = "is stopped by hand"


@dataclass(frozen=True, slots=True)
class Ending:
    """The emails that arrive, in order, and the final status of the enrollment and of the lead."""

    emails: tuple[str, ...]
    status: str
    reason: str | None
    lead_status: str


TO_THE_END = Ending((INTRO, FOLLOW_UP, BREAKUP), "completed", None, "unresponsive")
INTERESTED_END = Ending((INTRO, FOLLOW_UP, INTERESTED), "stopped", "interested_follow_up_sent", "new")
TABLE: Mapping[Fate, Ending] = {
    Fate.SILENT: TO_THE_END,
    Fate.OPENS: INTERESTED_END,
    Fate.CLICKS: INTERESTED_END,
    Fate.OPENED_BY_MACHINE: TO_THE_END,
    Fate.REPLIES_TO_INTRO: Ending((INTRO,), "stopped", "replied", "qualified"),
    Fate.REPLIES_TO_FOLLOW_UP: Ending((INTRO, FOLLOW_UP), "stopped", "replied", "qualified"),
    Fate.UNSUBSCRIBES: Ending((INTRO, FOLLOW_UP), "stopped", "unsubscribed", "unsubscribed"),
    Fate.BOUNCES: Ending((), "stopped", "bounced", "bounced"),
    Fate.OUT_OF_OFFICE: TO_THE_END,
    Fate.PAUSED: TO_THE_END,
    Fate.STOPPED: Ending((INTRO, FOLLOW_UP), "stopped", "manual", "new"),
}
ACTS_AFTER: Mapping[Fate, str] = {
    Fate.OPENS: FOLLOW_UP,
    Fate.CLICKS: FOLLOW_UP,
    Fate.OPENED_BY_MACHINE: FOLLOW_UP,
    Fate.REPLIES_TO_INTRO: INTRO,
    Fate.REPLIES_TO_FOLLOW_UP: FOLLOW_UP,
    Fate.UNSUBSCRIBES: FOLLOW_UP,
    Fate.OUT_OF_OFFICE: INTRO,
    Fate.PAUSED: INTRO,
    Fate.STOPPED: FOLLOW_UP,
}
"""The email after whose arrival the lead or a user acts."""
SAYS_STOP = (Fate.REPLIES_TO_INTRO, Fate.REPLIES_TO_FOLLOW_UP, Fate.UNSUBSCRIBES, Fate.STOPPED)
SHARES: Mapping[Fate, int] = {
    Fate.SILENT: 26,
    Fate.OPENS: 10,
    Fate.CLICKS: 6,
    Fate.OPENED_BY_MACHINE: 6,
    Fate.REPLIES_TO_INTRO: 10,
    Fate.REPLIES_TO_FOLLOW_UP: 10,
    Fate.UNSUBSCRIBES: 8,
    Fate.BOUNCES: 4,
    Fate.OUT_OF_OFFICE: 7,
    Fate.PAUSED: 7,
    Fate.STOPPED: 6,
}


class ServerFault(StrEnum):
    """The fault of the mail server during one attempt to hand over a message."""

    NONE = ""
    RCPT_451 = "451 to the recipient"
    RCPT_550 = "550 to the recipient"
    """The address does not exist: a hard bounce at every attempt."""
    DROP_MID_DATA = "connection dropped in the middle of DATA"
    DOT_451 = "451 to the final dot"
    DOT_554 = "554 to the final dot"
    """The message is refused permanently: the enrollment fails, and a user resumes it."""
    STALL = "stalls before it answers the final dot"
    CUT_TAKEN = "takes the message and drops the connection"
    CUT_UNTAKEN = "drops the connection at the final dot, and has not taken the message"


CUTS = (ServerFault.DROP_MID_DATA, ServerFault.CUT_TAKEN, ServerFault.CUT_UNTAKEN)
"""Faults after which the sender may not know the outcome."""
AT_RANDOM = (
    ServerFault.RCPT_451,
    ServerFault.DROP_MID_DATA,
    ServerFault.DOT_451,
    ServerFault.DOT_554,
    ServerFault.STALL,
    ServerFault.CUT_TAKEN,
    ServerFault.CUT_UNTAKEN,
)
FAULT_SHARE = 0.12
ATTEMPTS_WITH_FAULTS = 4
"""From the fifth attempt at a lead on there are no faults."""


@dataclass(frozen=True, slots=True)
class Role:
    email: str
    fate: Fate
    faults: tuple[ServerFault, ...]
    """The faults of the first attempts at this recipient. A final RCPT_550 applies to all later attempts as well."""


def cast_roles(seed: int, count: int, *, domain: str = "leads.example", fate: Fate | None = None) -> list[Role]:
    """Creates `count` roles from the seed. `fate`: the same fate for all."""
    rng = random.Random(f"{seed} {domain}")
    fates = rng.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    return [_role(rng, f"lead-{place:05}@{domain}", fate or fates[place]) for place in range(count)]


def _role(rng: random.Random, email: str, fate: Fate) -> Role:
    if fate is Fate.BOUNCES:
        return Role(email, fate, (ServerFault.RCPT_550,))
    faults = [
        rng.choice(AT_RANDOM) if rng.random() < FAULT_SHARE else ServerFault.NONE for _ in range(ATTEMPTS_WITH_FAULTS)
    ]
    return Role(email, fate, tuple(faults))


def expected(fate: Fate, unheard: Sequence[str] = ()) -> Ending:
    """Returns the ending that a lead must have. `unheard`: emails whose outcome stayed unknown and that never
    arrived."""
    ending = TO_THE_END if ACTS_AFTER.get(fate) in unheard else TABLE[fate]
    return replace(ending, emails=tuple(one for one in ending.emails if one not in unheard))


def email_of(subject: str) -> str:
    """Returns which of the four emails has this subject; the subject itself if it is none of them."""
    if subject.startswith("Re: "):
        return INTERESTED
    return {
        "Quick question about Acme": INTRO,
        "Following up - Acme": FOLLOW_UP,
        "Last email from me": BREAKUP,
    }.get(subject, subject)
