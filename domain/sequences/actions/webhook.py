import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field

from domain.sequences.steps.action import ActionConfig
from domain.sequences.steps.config import TemplateField
from domain.webhooks.addresses import MAX_URL, WebhookFailed, checked_url

MAX_BODY_BYTES = 32 * 1024


def _url_of_a_webhook(url: str) -> str:
    """Check the text of the URL. Whether its host name resolves to a private network is checked on every call."""
    try:
        checked_url(url, allow_private=True)
    except WebhookFailed as refused:
        raise ValueError(refused.detail) from None
    return url


def _small(body: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_BODY_BYTES:
        raise ValueError(f"at most {MAX_BODY_BYTES} bytes of JSON")
    return body


class WebhookConfig(ActionConfig):
    """POSTs JSON to a URL, signed with the tenant's `webhook_secret` (Standard Webhooks), and waits for a 2xx.

    Texts in `body` are templates, as in emails. Without `body` the lead, the enrollment, the sequence and the step are
    sent. The call is made at least once: each attempt carries the same `webhook-id`.
    """

    action: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=MAX_URL), AfterValidator(_url_of_a_webhook)]
    body: Annotated[dict[str, Any], AfterValidator(_small)] | None = None

    def templates(self) -> Iterator[TemplateField]:
        if self.body is not None:
            yield from (TemplateField(field, text) for field, text in _texts(self.body, "body"))


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, each with its place: `body.items[0].name`."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, child in cast("dict[str, Any]", value).items():
            yield from _texts(child, f"{field}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(cast("list[Any]", value)):
            yield from _texts(child, f"{field}[{index}]")
