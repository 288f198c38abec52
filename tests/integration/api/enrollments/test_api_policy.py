"""The enrollment policy: every reason for a refusal, the same in a dry run; and of simultaneous requests for a lead, at
most one wins."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.enrollments.enrolling import enroll
from tests.integration.api.client import DELAY, EMAIL, Tenant

CONTENDERS = 8


async def sequence(tenant: Tenant, **settings: Any) -> str:
    body = {"name": "Outreach", "steps": [DELAY, EMAIL], "settings": settings}
    created = await tenant.call("POST", "/sequences", 201, json=body)
    await tenant.call("PUT", f"/sequences/{created['id']}", json={"status": "active"})
    return created["id"]


async def write(tenant: Tenant, statement: str, **parameters: Any) -> None:
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text(statement), parameters)


async def caps(tenant: Tenant, **settings: int) -> None:
    await write(tenant, "UPDATE tenants SET settings = CAST(:settings AS jsonb)", settings=json.dumps(settings))


async def refused(tenant: Tenant, sequence_id: str, lead_id: str) -> dict[str, Any]:
    """Returns why the lead is skipped. A dry run must have said the same and written nothing."""
    before = await tenant.query("SELECT count(*) FROM lead_sequence_state")
    dry = await tenant.enroll(sequence_id, lead_id, dry_run=True)
    assert await tenant.query("SELECT count(*) FROM lead_sequence_state") == before
    answer = await tenant.enroll(sequence_id, lead_id)
    assert answer["enrolled"] == dry["enrolled"] == []
    assert answer["skipped"] == dry["skipped"]
    (skipped,) = answer["skipped"]
    return skipped


async def taken(tenant: Tenant, sequence_id: str, lead_id: str) -> None:
    """Checks that the lead is enrolled, as a dry run has said."""
    dry, answer = await tenant.enroll(sequence_id, lead_id, dry_run=True), await tenant.enroll(sequence_id, lead_id)
    assert [one["lead_id"] for one in dry["enrolled"]] == [one["lead_id"] for one in answer["enrolled"]] == [lead_id]


async def end(tenant: Tenant, lead_id: str, *, days_ago: int = 0) -> None:
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence")
    await write(
        tenant,
        "UPDATE lead_sequence_state SET ended_at = now() - make_interval(days => :days) WHERE lead_id = :id",
        days=days_ago,
        id=lead_id,
    )


@pytest.mark.parametrize("status", ["bounced", "unsubscribed"])
async def test_a_bounced_or_unsubscribed_lead_is_refused(tenant: Tenant, status: str) -> None:
    lead_id = await tenant.lead(status=status)
    assert (await refused(tenant, await sequence(tenant), lead_id))["code"] == status


@pytest.mark.parametrize(("kind", "value"), [("address", "eve@acme.example"), ("domain", "acme.example")])
async def test_a_suppressed_lead_is_refused(tenant: Tenant, kind: str, value: str) -> None:
    lead_id = await tenant.lead(email="eve@acme.example")
    await write(
        tenant,
        "INSERT INTO suppressions (tenant_id, kind, value, reason) VALUES (:t, :kind, :value, 'asked')",
        t=tenant.id,
        kind=kind,
        value=value,
    )
    assert (await refused(tenant, await sequence(tenant), lead_id))["code"] == "suppressed"


@pytest.mark.parametrize("address", ["", "nobody", "@acme.example", "ada@", "ada lovelace@acme.example", "a@b@c"])
async def test_a_lead_with_an_invalid_address_is_refused(tenant: Tenant, address: str) -> None:
    lead_id = await tenant.lead()
    await write(tenant, "UPDATE leads SET email = :email WHERE id = :id", email=address, id=lead_id)
    assert (await refused(tenant, await sequence(tenant), lead_id))["code"] == "invalid_email"


async def test_unknown_repeated_and_enrolled_leads_are_refused(tenant: Tenant, stranger: Tenant) -> None:
    sequence_id, lead_id = await sequence(tenant), await tenant.lead()
    assert (await refused(tenant, sequence_id, str(uuid4())))["code"] == "not_found"
    assert (await refused(tenant, sequence_id, await stranger.lead()))["code"] == "not_found"
    answer = await tenant.enroll(sequence_id, lead_id, lead_id)
    assert (len(answer["enrolled"]), [one["code"] for one in answer["skipped"]]) == (1, ["already_enrolled"])
    for command in ("pause", "resume"):
        assert (await refused(tenant, sequence_id, lead_id))["code"] == "already_enrolled"
        await tenant.call("POST", f"/leads/{lead_id}/{command}-sequence")


async def test_a_lead_may_be_enrolled_again_at_once_by_default(tenant: Tenant) -> None:
    sequence_id, lead_id = await sequence(tenant), await tenant.lead()
    for _ in range(2):
        await taken(tenant, sequence_id, lead_id)
        await end(tenant, lead_id)


async def test_a_cool_down_counts_from_the_end_of_the_last_enrollment(tenant: Tenant) -> None:
    sequence_id, other, lead_id = (
        await sequence(tenant, reenroll_after_days=30),
        await sequence(tenant),
        await tenant.lead(),
    )
    await taken(tenant, sequence_id, lead_id)
    await end(tenant, lead_id, days_ago=29)
    skipped = await refused(tenant, sequence_id, lead_id)
    assert skipped["code"] == "cooling_down"
    until = datetime.fromisoformat(skipped["until"])
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
    assert f"{until:%Y-%m-%d %H:%M} UTC" in skipped["detail"]
    await taken(tenant, other, lead_id)
    await end(tenant, lead_id, days_ago=31)
    await taken(tenant, sequence_id, lead_id)


async def test_a_sequence_without_reenrollment_refuses_former_leads(tenant: Tenant) -> None:
    sequence_id, lead_id = await sequence(tenant, allow_reenrollment=False), await tenant.lead()
    await taken(tenant, sequence_id, lead_id)
    await end(tenant, lead_id, days_ago=3000)
    skipped = await refused(tenant, sequence_id, lead_id)
    assert (skipped["code"], skipped["until"]) == ("cooling_down", None)


async def test_a_lead_of_an_exclusive_sequence_is_in_no_other(tenant: Tenant) -> None:
    exclusive, other, lead_id = await sequence(tenant, exclusive=True), await sequence(tenant), await tenant.lead()
    await taken(tenant, other, lead_id)
    assert (await refused(tenant, exclusive, lead_id))["code"] == "in_exclusive_sequence"
    await end(tenant, lead_id)
    await taken(tenant, exclusive, lead_id)
    assert (await refused(tenant, other, lead_id))["code"] == "in_exclusive_sequence"
    await end(tenant, lead_id)
    await taken(tenant, other, lead_id)
    await taken(tenant, await sequence(tenant), lead_id)


async def test_live_enrollments_per_lead_are_capped(tenant: Tenant) -> None:
    await caps(tenant, max_live_enrollments=2)
    lead_id, sequences = await tenant.lead(), [await sequence(tenant) for _ in range(3)]
    await taken(tenant, sequences[0], lead_id)
    await taken(tenant, sequences[1], lead_id)
    skipped = await refused(tenant, sequences[2], lead_id)
    assert (skipped["code"], skipped["until"]) == ("contact_capped", None)
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence", json={"sequence_id": sequences[0]})
    await taken(tenant, sequences[2], lead_id)


async def test_emails_per_lead_are_capped(tenant: Tenant) -> None:
    await caps(tenant, max_emails=2, max_emails_days=7)
    lead_id, first, second = await tenant.lead(), await sequence(tenant), await sequence(tenant)
    await taken(tenant, first, lead_id)
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": "sam@cadenza.example"})
    # Only the last two sent messages count. Once the older of them is too old, there is room again.
    for days_ago, status in ((8, "sent"), (5, "sent"), (1, "reserved"), (1, "sent")):
        await write(
            tenant,
            "INSERT INTO messages (tenant_id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit, status,"
            " rfc_message_id, subject, reserved_at, sent_at)"
            " SELECT :t, s.id, s.lead_id, s.sequence_id, :mailbox, gen_random_uuid(),"
            " 1, :status, gen_random_uuid()::text, '', now(), now() - make_interval(days => :days_ago)"
            " FROM lead_sequence_state s WHERE s.lead_id = :lead",
            t=tenant.id,
            mailbox=mailbox["id"],
            status=status,
            days_ago=days_ago,
            lead=lead_id,
        )
    skipped = await refused(tenant, second, lead_id)
    assert skipped["code"] == "contact_capped"
    until = datetime.fromisoformat(skipped["until"]) - datetime.now(UTC)
    assert timedelta(hours=47) < until < timedelta(hours=49)
    await caps(tenant, max_emails=3, max_emails_days=7)
    await taken(tenant, second, lead_id)


async def contend(tenant: Tenant, sequences: list[str], lead_ids: list[str]) -> list[list[UUID]]:
    """Sends one request for each sequence, all at the same moment. Returns the leads that each enrolled."""
    begun = asyncio.Barrier(len(sequences))

    async def want(place: int) -> list[UUID]:
        mine = [UUID(one) for one in (lead_ids if place % 2 else lead_ids[::-1])]
        await begun.wait()
        async with tenant.database.write(tenant.id) as session:
            result = await enroll(session, sequence_id=UUID(sequences[place]), lead_ids=mine)
            await asyncio.sleep(0.05)
        return [one.lead_id for one in result.enrolled]

    return list(await asyncio.gather(*(want(place) for place in range(len(sequences)))))


async def contested(tenant: Tenant) -> list[str]:
    return sorted([await tenant.lead() for _ in range(20)])


async def test_of_eight_simultaneous_enrollments_in_one_sequence_one_wins(tenant: Tenant) -> None:
    lead_ids = await contested(tenant)
    got = await contend(tenant, [await sequence(tenant)] * CONTENDERS, lead_ids)
    assert sorted(str(lead_id) for mine in got for lead_id in mine) == lead_ids


async def test_of_eight_simultaneous_exclusive_sequences_one_wins_each_lead(tenant: Tenant) -> None:
    lead_ids = await contested(tenant)
    got = await contend(tenant, [await sequence(tenant, exclusive=True) for _ in range(CONTENDERS)], lead_ids)
    assert sorted(str(lead_id) for mine in got for lead_id in mine) == lead_ids


async def test_simultaneous_enrollments_respect_exclusive_sequences(tenant: Tenant) -> None:
    lead_ids = await contested(tenant)
    sequences = [await sequence(tenant, exclusive=place % 4 == 0) for place in range(CONTENDERS)]
    await contend(tenant, sequences, lead_ids)
    shared = await tenant.query(
        "SELECT s.lead_id FROM lead_sequence_state s JOIN sequence_versions v ON v.id = s.version_id"
        " GROUP BY s.lead_id HAVING bool_or(v.exclusive) AND count(*) > 1"
    )
    assert shared == []
    assert (await tenant.query("SELECT count(DISTINCT lead_id) AS n FROM lead_sequence_state"))[0].n == len(lead_ids)


async def test_eight_simultaneous_enrollments_respect_the_cap(tenant: Tenant) -> None:
    await caps(tenant, max_live_enrollments=3)
    lead_ids = await contested(tenant)
    await contend(tenant, [await sequence(tenant) for _ in range(CONTENDERS)], lead_ids)
    counts = await tenant.query("SELECT count(*) AS n FROM lead_sequence_state GROUP BY lead_id")
    assert [row.n for row in counts] == [3] * len(lead_ids)


async def test_activating_the_first_exclusive_sequence_waits_for_enrollments_in_progress(tenant: Tenant) -> None:
    """Enrollments in progress do not know the exclusive sequence and hold no lock on their leads. So activating it must
    wait for them, or both could take the same lead."""
    plain, lead_id = await sequence(tenant), await tenant.lead()
    draft = await tenant.call(
        "POST", "/sequences", 201, json={"name": "Only", "steps": [EMAIL], "settings": {"exclusive": True}}
    )
    async with tenant.database.write(tenant.id) as session:
        await enroll(session, sequence_id=UUID(plain), lead_ids=[UUID(lead_id)])
        activating = asyncio.create_task(tenant.call("PUT", f"/sequences/{draft['id']}", json={"status": "active"}))
        assert (await asyncio.wait([activating], timeout=0.5))[0] == set()
    await activating
    assert (await refused(tenant, draft["id"], lead_id))["code"] == "in_exclusive_sequence"


async def test_an_invalid_policy_is_refused(tenant: Tenant) -> None:
    body = {"name": "Outreach", "settings": {"reenroll_after_days": -1}}
    fields = await tenant.refused("POST", "/sequences", 422, "validation_failed", json=body)
    assert fields == ["settings.reenroll_after_days"]


async def test_a_first_step_that_waits_for_an_event_receives_it(tenant: Tenant) -> None:
    wait_for = {"key": "hears", "type": "wait_for", "config": {"event": "webinar", "timeout_days": 5}}
    created = await tenant.call("POST", "/sequences", 201, json={"name": "Webinar", "steps": [wait_for, EMAIL]})
    await tenant.call("PUT", f"/sequences/{created['id']}", json={"status": "active"})
    lead_id = await tenant.lead()
    await taken(tenant, created["id"], lead_id)
    assert datetime.fromisoformat((await tenant.state(lead_id))["next_action_at"]) > datetime.now(UTC)
    await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "custom", "name": "webinar"})
    assert datetime.fromisoformat((await tenant.state(lead_id))["next_action_at"]) <= datetime.now(UTC)
