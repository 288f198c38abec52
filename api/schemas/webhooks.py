"""Request and response shapes of webhook endpoints and their deliveries."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from api.schemas.common import Body, JsonObject, Moment, Shape
from api.schemas.fields import Line
from domain.webhooks.addresses import MAX_URL
from domain.webhooks.events import EventType


def _distinct(types: list[EventType]) -> list[EventType]:
    return list(dict.fromkeys(types))


Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL)]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=50), AfterValidator(_distinct)]


class WebhookEndpointCreate(Body):
    """The URL must be https on a public address (in development, http on this machine is also allowed)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"url": "https://crm.example.com/hooks", "event_types": ["enrollment.replied", "lead.bounced"]}
            ]
        },
    )

    url: Url
    event_types: EventTypes
    description: Line = ""
    enabled: bool = True


class WebhookEndpointUpdate(Body):
    """Only the given fields change. Enabling an endpoint sends the events that waited for it."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: Line | None = None
    enabled: bool | None = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class WebhookEndpointResponse(Shape):
    """`disabled_reason` says why the endpoint was disabled automatically: `failing` (it accepted nothing for a day) or
    `gone` (it answered 410)."""

    id: UUID
    url: str
    description: str
    event_types: list[EventType]
    enabled: bool
    disabled_reason: Literal["failing", "gone"] | None
    last_success_at: Moment | None
    created_at: Moment
    updated_at: Moment


class WebhookEndpointCreated(WebhookEndpointResponse):
    """`secret` (Standard Webhooks) is shown only in this answer. If it is lost, rotate it."""

    secret: str


class WebhookDeliveryResponse(Shape):
    """Every attempt sends `id` in the header `webhook-id`, as `msg_` followed by its hexadecimal digits."""

    id: UUID
    event_type: str
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    next_attempt_at: Moment | None
    last_status_code: int | None
    last_error: str | None
    created_at: Moment
    delivered_at: Moment | None
    payload: JsonObject


class WebhookTestResponse(Shape):
    """How the endpoint answered a `webhook.test` event just now. If it failed, `code` and `detail` say why."""

    delivered: bool
    status_code: int | None
    code: str | None
    detail: str | None
    duration_ms: int
