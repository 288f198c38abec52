"""Actions that reach beyond the lead: webhooks, notifications, owners. And the links in what was mailed."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.errors import Invalid, SequenceInvalid
from domain.inbound.machines import Fetch
from mail.links import Token
from services.inbound.tracking import clicked, unsubscribed
from tests.receiver import receiving
from tests.stage import LINKS, Stage
from webhooks.client import WebhookClient

BROWSING = Fetch("click", "GET", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


def action(**config: Any) -> dict[str, Any]:
    return {"key": "act", "type": "action", "config": config}


async def user(stage: Stage, address: str = "kim@sender.example") -> UUID:
    async with stage.database.write(stage.tenant_id) as session:
        insert = text("INSERT INTO users (tenant_id, email) VALUES (:t, :e) RETURNING id")
        return (await session.execute(insert, {"t": stage.tenant_id, "e": address})).scalar_one()


async def secret_of(stage: Stage) -> str:
    return (await stage.query("SELECT webhook_secret FROM tenants"))[0].webhook_secret


async def test_a_webhook_tells_of_the_lead_and_is_signed_with_the_tenants_secret(stage: Stage) -> None:
    async with receiving() as receiver:
        sequence = await stage.sequence([action(action="webhook", url=receiver.url)])
        lead = await stage.lead(first_name="Zoë")
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.until_status(enrollment, "completed")
    [heard] = receiver.heard
    told = heard.verified(await secret_of(stage))
    assert told["type"] == "sequence.webhook"
    data = told["data"]
    assert (data["lead"]["id"], data["lead"]["first_name"]) == (str(lead), "Zoë")
    assert (data["enrollment"]["id"], data["enrollment"]["sequence"]["id"]) == (str(enrollment), str(sequence))
    assert data["step"]["key"] == "act"
    [row] = await stage.query("SELECT detail FROM sequence_execution_log WHERE event = 'action_performed'")
    assert row.detail["webhook_id"] == heard.headers["webhook-id"]


async def test_a_body_of_ones_own_is_filled_in_and_never_a_template_of_the_leads(stage: Stage) -> None:
    body = {"text": "{{ first_name }} of {{ company | upcase }}", "list": [{"plan": "{{ status }}"}, 5, None, True]}
    async with receiving() as receiver:
        sequence = await stage.sequence([action(action="webhook", url=receiver.url, body=body)])
        (enrollment,) = await stage.enroll(sequence, await stage.lead(first_name='"{{ email }}"'))
        await stage.until_status(enrollment, "completed")
    assert receiver.heard[0].json == {"text": '"{{ email }}" of ACME', "list": [{"plan": "new"}, 5, None, True]}


async def test_a_webhook_that_fails_is_tried_again_under_the_same_id(stage: Stage) -> None:
    async with receiving() as receiver:
        receiver.answers = [(503, {}), (302, {"Location": "https://elsewhere.example/"})]
        sequence = await stage.sequence([action(action="webhook", url=receiver.url)])
        (enrollment,) = await stage.enroll(sequence, await stage.lead())
        await stage.until_status(enrollment, "completed")
    assert len(receiver.heard) == 3
    assert len({one.headers["webhook-id"] for one in receiver.heard}) == 1
    assert (await stage.log(enrollment)).count("action_performed") == 1


async def test_each_visit_and_each_enrollment_has_an_id_of_its_own(stage: Stage) -> None:
    async with receiving() as receiver:
        steps = [{**action(action="webhook", url=receiver.url), "key": key} for key in ("one", "two")]
        sequence = await stage.sequence(steps)
        enrollments = await stage.enroll(sequence, await stage.lead(), await stage.lead())
        for enrollment in enrollments:
            await stage.until_status(enrollment, "completed")
    assert len({one.headers["webhook-id"] for one in receiver.heard}) == 4


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://0.0.0.0/", "ftp://x.example/", "https://u:p@x.example/"]
)
async def test_an_address_that_is_never_called_is_refused_when_it_is_written(stage: Stage, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        await stage.sequence([action(action="webhook", url=url)])
    assert [error.field for error in refused.value.errors] == ["steps[0].config.url"]


async def test_a_name_that_leads_into_our_network_fails_the_step_at_once_and_says_why(stage: Stage) -> None:
    await stage.stop_worker()
    stage.parts = replace(stage.parts, webhooks=WebhookClient())  # as in production
    await stage.start_worker()
    sequence = await stage.sequence([action(action="webhook", url="http://localhost:8080/secret")])
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    state = await stage.until_status(enrollment, "failed")
    assert "webhook_address_refused" in state.error and "localhost" not in state.error


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"action": "webhook", "url": "https://x.example/", "body": {"a": ["{{ nonsense }}"]}}, "body.a[0]"),
        ({"action": "notify_user", "user_id": str(uuid4()), "message": "Hi"}, "user_id"),
        ({"action": "assign_to_user", "user_id": str(uuid4())}, "user_id"),
    ],
)
async def test_what_cannot_work_is_refused_at_activation(stage: Stage, config: dict[str, Any], field: str) -> None:
    with pytest.raises(SequenceInvalid) as refused:
        await stage.sequence([action(**config)])
    assert [error.field for error in refused.value.errors] == [f"steps[0].config.{field}"]


async def test_a_user_of_another_tenant_is_no_user(stage: Stage) -> None:
    theirs = uuid4()
    async with stage.database.write(theirs) as session:
        await session.execute(text("INSERT INTO tenants (id, name) VALUES (:t, 'Theirs')"), {"t": theirs})
        insert = text("INSERT INTO users (tenant_id, email) VALUES (:t, 'x@y.example') RETURNING id")
        their_user = (await session.execute(insert, {"t": theirs})).scalar_one()
    with pytest.raises(SequenceInvalid):
        await stage.sequence([action(action="assign_to_user", user_id=str(their_user))])


async def test_a_user_is_notified_and_owns_the_lead(stage: Stage) -> None:
    kim = await user(stage)
    steps = [
        {**action(action="assign_to_user", user_id=str(kim)), "key": "assign"},
        {
            **action(action="notify_user", user_id=str(kim), message="{{ name }} of {{ company }} is warm"),
            "key": "tell",
        },
    ]
    lead = await stage.lead()
    async with receiving() as receiver:
        async with stage.database.write(stage.tenant_id) as session:
            await session.execute(
                text("INSERT INTO webhook_endpoints (tenant_id, url, event_types) VALUES (:t, :u, :e)"),
                {"t": stage.tenant_id, "u": receiver.url, "e": ["notification.created"]},
            )
        (enrollment,) = await stage.enroll(await stage.sequence(steps), lead)
        await stage.until_status(enrollment, "completed")
        [heard] = await receiver.until_heard(1)
    assert (await stage.lead_row(lead)).owner_id == kim
    [row] = await stage.query("SELECT * FROM notifications")
    assert (row.user_id, row.lead_id, row.enrollment_id, row.kind) == (kim, lead, enrollment, "sequence")
    assert row.message == "Ada Lovelace of Acme is warm"
    assert heard.json["data"]["detail"] == {
        "id": str(row.id),
        "user_id": str(kim),
        "kind": "sequence",
        "message": row.message,
    }


async def test_a_user_who_was_deleted_since_loses_nothing(stage: Stage) -> None:
    kim = await user(stage)
    steps = [
        {**action(action="assign_to_user", user_id=str(kim)), "key": "assign"},
        {**action(action="notify_user", user_id=str(kim), message="Look at {{ name }}"), "key": "tell"},
    ]
    sequence, lead = await stage.sequence(steps), await stage.lead()
    await stage.query_write("DELETE FROM users WHERE id = :id", id=kim)
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "completed")
    assert (await stage.lead_row(lead)).owner_id is None
    [row] = await stage.query("SELECT user_id, message FROM notifications")
    assert (row.user_id, row.message) == (None, "Look at Ada Lovelace")


async def test_mail_carries_links_that_lead_back(stage: Stage) -> None:
    step = {
        "key": "intro",
        "type": "email",
        "config": {
            "subject": "Hello",
            "body_text": "Read https://acme.example/ or stop: {{ unsubscribe_url }}",
            "body_html": '<p><a href="https://acme.example/?a=1&amp;b=2">Read</a>'
            '<a href="{{ unsubscribe_url }}">Stop</a></p>',
        },
    }
    wait = {"key": "wait", "type": "delay", "config": {"days": 3}}
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([step, wait]), lead)
    await stage.until_sent(1)
    message = stage.sink.received[0].message
    html, words = body_of(message, "html"), body_of(message, "plain")
    stop = message["List-Unsubscribe"].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f'href="{stop}"' in html and stop in words and "https://acme.example/ " in words
    assert html.count("/t/o/") == 1
    click = html.partition('href="https://mail.cadenza.example/t/c/')[2].partition('"')[0]
    token = LINKS.key.read(click, "click")
    assert token is not None and (token.tenant_id, token.url) == (stage.tenant_id, "https://acme.example/?a=1&b=2")

    # The sink has a message before its sender has written down that it was taken.
    async def recorded() -> bool:
        return await stage.query("SELECT 1 FROM messages WHERE accepted_at IS NOT NULL") != []

    await stage.until(recorded, "the message is recorded as sent")
    [sent] = await stage.query("SELECT accepted_at FROM messages")
    await clicked(stage.database, token, BROWSING, sent.accepted_at + timedelta(seconds=60))
    state = await stage.state(enrollment)
    assert (state.emails_opened, state.emails_clicked) == (1, 1)
    unsubscribing = LINKS.key.read(stop.rpartition("/")[2], "unsubscribe")
    assert unsubscribing == Token("unsubscribe", stage.tenant_id, token.message_id)
    await unsubscribed(stage.database, unsubscribing)
    assert (await stage.state(enrollment)).stop_reason == "unsubscribed"


async def test_tracking_can_be_off_and_unsubscribing_cannot(stage: Stage) -> None:
    step = {
        "key": "intro",
        "type": "email",
        "config": {"subject": "Hello", "body_html": '<a href="https://acme.example/">Read</a>'},
    }
    sequence = await stage.sequence([step], track_opens=False, track_clicks=False)
    await stage.enroll(sequence, await stage.lead())
    await stage.until_sent(1)
    message = stage.sink.received[0].message
    assert body_of(message, "html").startswith('<a href="https://acme.example/">Read</a><div')
    assert "/t/" not in body_of(message, "html")
    assert body_of(message, "plain").startswith("Read (https://acme.example/)")
    assert message["List-Unsubscribe"]


def body_of(message: EmailMessage, subtype: Any) -> str:
    part = message.get_body(preferencelist=(subtype,))
    assert part is not None
    return part.get_content()
