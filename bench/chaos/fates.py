"""What becomes of each lead, said before the run: the table of cold-outreach as a pure function.

A role is cast from a seed alone: what the lead does, after which email, and what the mail server does to it. Nothing of
what happens during the run enters, but for one thing that cannot be foretold: an email whose outcome stayed unknown and
that never arrived (`unheard`) is not answered by its lead, which then goes on as one that is silent.
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
    """The emails that arrive, in their order, and how the enrollment and the lead end."""

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
"""The email upon whose arrival the lead, or whoever steers it, acts."""
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


class Mischief(StrEnum):
    """What the mail server does to one attempt at handing over a message."""

    NONE = ""
    RCPT_451 = "451 to the recipient"
    RCPT_550 = "550 to the recipient"
    """The address does not exist: a hard bounce, at every attempt."""
    DROP_MID_DATA = "connection dropped in the middle of DATA"
    DOT_451 = "451 to the final dot"
    DOT_554 = "554 to the final dot"
    """The message is refused for good: the enrollment fails, and somebody resumes it."""
    STALL = "stalls before it answers the final dot"
    CUT_TAKEN = "takes the message and drops the connection"
    CUT_UNTAKEN = "drops the connection at the final dot, and has not taken the message"


CUTS = (Mischief.DROP_MID_DATA, Mischief.CUT_TAKEN, Mischief.CUT_UNTAKEN)
"""After which the sender cannot know, or cannot always."""
AT_RANDOM = (
    Mischief.RCPT_451,
    Mischief.DROP_MID_DATA,
    Mischief.DOT_451,
    Mischief.DOT_554,
    Mischief.STALL,
    Mischief.CUT_TAKEN,
    Mischief.CUT_UNTAKEN,
)
SHARE_OF_MISCHIEF = 0.12
ATTEMPTS_WITH_MISCHIEF = 4
"""From the fifth attempt at a lead on, the server behaves."""


@dataclass(frozen=True, slots=True)
class Role:
    email: str
    fate: Fate
    mischief: tuple[Mischief, ...]
    """Of the first attempts at this recipient; the last one holds for all further ones where it is RCPT_550."""


def cast(seed: int, count: int, *, domain: str = "leads.example", fate: Fate | None = None) -> list[Role]:
    """`fate`: the same for all."""
    rng = random.Random(f"{seed} {domain}")
    fates = rng.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    return [_role(rng, f"lead-{place:05}@{domain}", fate or fates[place]) for place in range(count)]


def _role(rng: random.Random, email: str, fate: Fate) -> Role:
    if fate is Fate.BOUNCES:
        return Role(email, fate, (Mischief.RCPT_550,))
    mischief = [
        rng.choice(AT_RANDOM) if rng.random() < SHARE_OF_MISCHIEF else Mischief.NONE
        for _ in range(ATTEMPTS_WITH_MISCHIEF)
    ]
    return Role(email, fate, tuple(mischief))


def expected(fate: Fate, unheard: Sequence[str] = ()) -> Ending:
    """`unheard`: emails that were given up as unknown, and have never arrived."""
    ending = TO_THE_END if ACTS_AFTER.get(fate) in unheard else TABLE[fate]
    return replace(ending, emails=tuple(one for one in ending.emails if one not in unheard))


def email_of(subject: str) -> str:
    """Which of the four emails it is; of any other, which nobody foretold, the subject."""
    if subject.startswith("Re: "):
        return INTERESTED
    return {
        "Quick question about Acme": INTRO,
        "Following up - Acme": FOLLOW_UP,
        "Last email from me": BREAKUP,
    }.get(subject, subject)
