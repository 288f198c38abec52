import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, cast
from uuid import UUID, uuid5

from pydantic import AfterValidator, Field

from db.models import Enrollment
from db.queries.access.tenants import own_tenant
from db.queries.rows import find_row
from db.session import WriteSession
from domain.engine.contracts import ERASED, Directive
from domain.engine.templates import render
from domain.leads.lead import template_fields
from domain.sequences.steps.config import TemplateField
from services.engine.actions.action import Action
from services.engine.steps.effect import Tools
from services.engine.steps.visit import Visit
from services.webhooks.endpoints import webhook_id
from webhooks.addresses import MAX_URL, WebhookFailed, checked_url

MAX_BODY_BYTES = 32 * 1024
EVENT = "sequence.webhook"


def _called(url: str) -> str:
    """What the text shows; whether its name leads into a private network is asked on every call."""
    try:
        checked_url(url, allow_private=True)
    except WebhookFailed as refused:
        raise ValueError(refused.detail) from None
    return url


def _small(body: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_BODY_BYTES:
        raise ValueError(f"at most {MAX_BODY_BYTES} bytes of JSON")
    return body


class Webhook(Action):
    """POSTs JSON to a URL, signed with the tenant's `webhook_secret` (Standard Webhooks), and waits for a 2xx.

    Texts in `body` are templates, as in emails; without it the lead, the enrollment, the sequence and the step are
    sent. The call is made at least once: each attempt carries the same `webhook-id`.
    """

    action: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=MAX_URL), AfterValidator(_called)]
    body: Annotated[dict[str, Any], AfterValidator(_small)] | None = None

    def templates(self) -> Iterator[TemplateField]:
        if self.body is not None:
            yield from (TemplateField(field, text) for field, text in _texts(self.body, "body"))

    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        loaded = await visit.queries.load()
        if loaded is None:
            return ERASED
        if loaded.directive.revision != visit.loaded.directive.revision:
            # Paused, stopped or moved a moment ago: nothing is said of it any more.
            return visit.told(loaded.directive)
        return await super().perform(visit, tools)

    async def prepare(self, visit: Visit, tools: Tools) -> None:
        async with tools.database.read(visit.queries.tenant_id) as session:
            tenant = await own_tenant(session)
            enrollment = await find_row(session, Enrollment, visit.queries.enrollment_id)
        assert tenant is not None and enrollment is not None, "both were there a moment ago"
        body = json.dumps(self._payload(visit, enrollment), ensure_ascii=False, separators=(",", ":"))
        await tools.webhooks.send(self.url, tenant.webhook_secret, _id_of(visit), body)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        return {"webhook_id": _id_of(visit)}

    def _payload(self, visit: Visit, enrollment: Enrollment) -> dict[str, Any]:
        if self.body is None:
            return _whole(visit, enrollment)
        fields = visit.merge_fields(visit.loaded.mailbox)
        return cast("dict[str, Any]", _rendered(self.body, lambda text: render(text, fields, html=False)))


def _id_of(visit: Visit) -> str:
    """The same for each attempt of one visit, another for the next."""
    return webhook_id(uuid5(visit.queries.enrollment_id, f"{visit.step.id}/{visit.number}"))


def _whole(visit: Visit, enrollment: Enrollment) -> dict[str, Any]:
    lead = {name: _plain(value) for name, value in template_fields(visit.loaded.lead).items()}
    return {
        "type": EVENT,
        "timestamp": visit.now.isoformat(),
        "data": {
            "lead": lead,
            "enrollment": {
                "id": str(enrollment.id),
                "status": enrollment.status,
                "campaign_id": _plain(enrollment.campaign_id),
                "enrolled_at": enrollment.enrolled_at.isoformat(),
                "sequence": {"id": str(enrollment.sequence_id), "name": visit.plan.name},
            },
            "step": {"id": str(visit.step.id), "key": visit.step.key, "name": visit.step.name},
        },
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, child in cast("dict[str, Any]", value).items():
            yield from _texts(child, f"{field}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(cast("list[Any]", value)):
            yield from _texts(child, f"{field}[{index}]")


def _rendered(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {name: _rendered(child, fill) for name, child in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_rendered(child, fill) for child in cast("list[Any]", value)]
    return value
