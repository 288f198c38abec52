"""The simulated leads: they open, click, answer, or unsubscribe on some of the messages that arrive."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import UUID, uuid4

import httpx

from bench.servers.child_process import ChildProcess
from mail.links import Token, TokenKey, read_unverified
from webhooks.signing import signed_headers

OPENS, CLICKS, REPLIES, UNSUBSCRIBES, PAUSES = 0.25, 0.05, 0.05, 0.01, 0.03
"""Shares of the messages that arrive. A pause is made and resumed by a user."""
REACTION_SECONDS = (1.0, 15.0)
PAUSE_SECONDS = (2.0, 20.0)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@dataclass
class ApiCaller:
    """Calls the API concurrently and counts the answers by status."""

    http: httpx.AsyncClient
    answers: Counter[str] = field(default_factory=Counter[str])
    tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    async def ask(self, what: str, method: str, path: str, **request: Any) -> Any:
        """Returns the answer's JSON; None for an error, a redirect or an image."""
        try:
            answer = await self.http.request(method, path, **request)
        except httpx.TransportError as error:
            self.answers[f"{what} {type(error).__name__}"] += 1
            return None
        self.answers[f"{what} {answer.status_code}"] += 1
        is_json = answer.is_success and answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else None

    def begin(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any] | asyncio.Future[Any]") -> None:
        self.tasks.discard(task)  # pyright: ignore[reportArgumentType]
        if not task.cancelled() and (error := task.exception()) is not None:
            self.answers[f"driver {type(error).__name__}"] += 1

    async def idle(self) -> None:
        while self.tasks:
            await asyncio.wait(set(self.tasks))

    @property
    def failures(self) -> int:
        """Number of answers that should not occur: 5xx, broken connections, and errors of this driver."""
        return sum(times for answer, times in self.answers.items() if answer.rpartition(" ")[2][0] not in "234")


class LeadReactions:
    """The recipients of the messages. `lead_ids` has the leads' IDs by address."""

    def __init__(self, caller: ApiCaller, sink: ChildProcess, signing_key: str, secret: str, speed_up: float) -> None:
        """`speed_up`: factor by which they react faster than `REACTION_SECONDS`."""
        self._caller, self._sink, self._speed_up = caller, sink, speed_up
        self._key, self._secret = TokenKey(signing_key), secret
        self._dice = random.Random(11)
        self.lead_ids: dict[str, UUID] = {}
        self.received: Counter[str] = Counter()

    async def live(self) -> None:
        """Reacts to messages until the sink ends or it is cancelled."""
        while line := await self._sink.line():
            message_id, email, token = line.split(" ")
            self.received[message_id] += 1
            self._react(message_id, email, token)

    def _react(self, message_id: str, email: str, token: str) -> None:
        chance, lead_id = self._dice.random(), self.lead_ids.get(email)
        if chance < REPLIES and lead_id is not None:
            self._begin(self._reply(message_id, email, lead_id))
        elif chance < REPLIES + UNSUBSCRIBES:
            self._begin(self._caller.ask("unsubscribe", "POST", f"/u/{token}", data={"List-Unsubscribe": "One-Click"}))
        elif chance < REPLIES + UNSUBSCRIBES + PAUSES and lead_id is not None:
            self._begin(self._pause(lead_id))
        elif chance < REPLIES + UNSUBSCRIBES + PAUSES + OPENS + CLICKS:
            self._begin(self._look(token, clicks=chance > REPLIES + UNSUBSCRIBES + PAUSES + OPENS))

    def _begin(self, reaction: Awaitable[Any]) -> None:
        wait = self._dice.uniform(*REACTION_SECONDS) / self._speed_up

        async def react() -> None:
            await asyncio.sleep(wait)
            await reaction

        self._caller.begin(react())

    async def _reply(self, message_id: str, email: str, lead_id: UUID) -> None:
        if self._dice.random() < 0.5:
            body = {"type": "reply", "message_id": message_id, "event_id": str(uuid4())}
            await self._caller.ask("reply", "POST", f"/leads/{lead_id}/events", json=body)
            return
        mail = EmailMessage(SMTP)
        mail["From"], mail["To"], mail["Subject"] = f"Ada <{email}>", "Sam <sam@bench.example>", "Re: Hello"
        mail["Message-ID"], mail["Date"] = f"<{uuid4()}@{email.partition('@')[2]}>", datetime.now(UTC)
        mail["In-Reply-To"] = mail["References"] = message_id
        mail.set_content("Thank you, call me on Monday.\n\n> Hi Ada\n")
        body = mail.as_string()
        headers = signed_headers(self._secret, str(uuid4()), datetime.now(UTC), body)
        headers["content-type"] = "message/rfc822"
        await self._caller.ask("mail", "POST", "/webhooks/inbound-email", content=body.encode(), headers=headers)

    async def _pause(self, lead_id: UUID) -> None:
        wait = self._dice.uniform(*PAUSE_SECONDS) / self._speed_up
        await self._caller.ask("pause", "POST", f"/leads/{lead_id}/pause-sequence", json={})
        await asyncio.sleep(wait)
        await self._caller.ask("resume", "POST", f"/leads/{lead_id}/resume-sequence", json={})

    async def _look(self, unsubscribe: str, *, clicks: bool) -> None:
        content = read_unverified(unsubscribe, "unsubscribe")
        assert content is not None, "every message has a link to unsubscribe"
        if clicks:
            token = self._key.write(
                Token("click", content.tenant_id, content.message_id, "https://bench.example/offer")
            )
            await self._caller.ask("click", "GET", f"/t/c/{token}", headers=BROWSER, follow_redirects=False)
        else:
            token = self._key.write(Token("open", content.tenant_id, content.message_id))
            await self._caller.ask("open", "GET", f"/t/o/{token}.gif", headers=BROWSER)
