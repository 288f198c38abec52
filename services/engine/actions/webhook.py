import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast
from uuid import UUID, uuid5

from db.models import Enrollment
from db.queries.access.tenants import own_tenant
from db.queries.rows import find_row
from db.session import WriteSession
from domain.engine.contracts import ERASED, Directive
from domain.engine.templates import render
from domain.leads.lead import template_fields
from domain.sequences.actions.webhook import WebhookConfig
from services.engine.actions.action import ActionEffect
from services.engine.tools import Tools
from services.engine.visit import Visit
from services.webhooks.endpoints import webhook_id

EVENT = "sequence.webhook"


class Webhook(ActionEffect[WebhookConfig]):
    action: ClassVar[str] = "webhook"

    async def prepare(self, visit: Visit, tools: Tools) -> Directive | None:
        loaded = await visit.queries.load()
        if loaded is None:
            return ERASED
        if loaded.directive.revision != visit.loaded.directive.revision:
            # The enrollment was paused, stopped or moved since the visit began: the URL must not be called.
            return loaded.directive
        async with tools.database.read(visit.queries.tenant_id) as session:
            tenant = await own_tenant(session)
            enrollment = await find_row(session, Enrollment, visit.queries.enrollment_id)
        assert tenant is not None and enrollment is not None, "both were there a moment ago"
        body = json.dumps(self._payload(visit, enrollment), ensure_ascii=False, separators=(",", ":"))
        await tools.webhooks.send(self.config.url, tenant.webhook_secret, _id_of(visit), body)
        return None

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        return {"webhook_id": _id_of(visit)}

    def _payload(self, visit: Visit, enrollment: Enrollment) -> dict[str, Any]:
        if self.config.body is None:
            return _whole(visit, enrollment)
        fields = visit.merge_fields(visit.loaded.mailbox)
        return cast("dict[str, Any]", _rendered(self.config.body, lambda text: render(text, fields, html=False)))


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


def _rendered(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {name: _rendered(child, fill) for name, child in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_rendered(child, fill) for child in cast("list[Any]", value)]
    return value
