"""Webhook endpoints and their deliveries, as requests and answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from api.schemas.common import Body, JsonObject, Moment, Shape
from api.schemas.fields import Line
from domain.webhooks import EventType
from webhooks.addresses import MAX_URL


def _distinct(types: list[EventType]) -> list[EventType]:
    return list(dict.fromkeys(types))


Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL)]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=50), AfterValidator(_distinct)]


class WebhookEndpointCreate(Body):
    """The URL is https on a public address (in development also http on this machine)."""

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
    """Only the fields given change. Enabling an endpoint sends what waited for it."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: Line | None = None
    enabled: bool | None = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class WebhookEndpointResponse(Shape):
    """`disabled_reason` says why it was disabled when nobody asked for it: `failing` (it took nothing for a day) or
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
    """`secret` (Standard Webhooks) is shown this once; if it is lost, rotate it."""

    secret: str


class WebhookDeliveryResponse(Shape):
    """`id` is in the header `webhook-id`, as `msg_` and its hexadecimal digits, on every attempt."""

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
    """How a `webhook.test` event was taken, just now. `code` and `detail` say why it was not."""

    delivered: bool
    status_code: int | None
    code: str | None
    detail: str | None
    duration_ms: int
