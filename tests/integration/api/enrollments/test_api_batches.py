"""Batches over HTTP while Temporal is unreachable: they are stored, show their progress, and any process continues
them."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.batches.assigning import assign_sequence
from services.batches.enroll_campaign import EnrollCampaign
from services.batches.kind import Chunk
from services.batches.running import advance
from services.dispatch.batch_driver import BatchDriver
from services.sequences import steering
from tests.integration.api.client import DELAY, EMAIL, Tenant


def driver(tenant: Tenant, chunk: int = 4) -> BatchDriver:
    return BatchDriver(tenant.database, lambda _: None, chunk=chunk)


async def campaign(tenant: Tenant, *lead_ids: str) -> str:
    campaign_id = (await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"}))["id"]
    if lead_ids:
        await tenant.call("POST", f"/campaigns/{campaign_id}/leads", json={"lead_ids": lead_ids})
    return campaign_id


async def leads(tenant: Tenant, count: int) -> list[str]:
    insert = text(
        "INSERT INTO leads (tenant_id, email) SELECT :t, gen_random_uuid() || '@acme.example'"
        " FROM generate_series(1, :count) RETURNING id"
    )
    async with tenant.database.write(tenant.id) as session:
        return [str(one) for one in await session.scalars(insert, {"t": tenant.id, "count": count})]


async def assign(tenant: Tenant, campaign_id: str, sequence_id: str, status: int = 202, **request: Any) -> Any:
    body = {"sequence_id": sequence_id, **request.pop("options", {})}
    return await tenant.call("POST", f"/campaigns/{campaign_id}/assign-sequence", status, json=body, **request)


async def begun(tenant: Tenant, campaign_id: str, sequence_id: str, first_chunk: int) -> str:
    """Starts an assignment with a small first chunk, so that work is left for a driver."""
    async with tenant.database.write(tenant.id) as session:
        return str((await assign_sequence(session, UUID(campaign_id), UUID(sequence_id), first_chunk=first_chunk)).id)


async def batch_of(tenant: Tenant, batch_id: str) -> Any:
    return await tenant.call("GET", f"/batches/{batch_id}")


async def driven(tenant: Tenant, batch_id: str, chunk: int = 4) -> Any:
    """Drives the batch to its end and returns it. The API's own driver may work on it, too."""
    for _ in range(300):
        await driver(tenant, chunk).drive(tenant.id, within_seconds=60)
        batch = await batch_of(tenant, batch_id)
        if batch["status"] in ("done", "superseded", "failed"):
            return batch
        await asyncio.sleep(0.1)
    raise AssertionError(f"still {batch}")


async def test_every_lead_of_a_campaign_is_enrolled_or_skipped_with_a_reason(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([DELAY, EMAIL], active=True)
    good, bounced, there = await leads(tenant, 3), await tenant.lead(status="bounced"), await tenant.lead()
    await tenant.enroll(sequence_id, there)
    campaign_id = await campaign(tenant, *good, bounced, there)
    assert (await tenant.call("GET", f"/campaigns/{campaign_id}"))["sequence_id"] is None

    dry = await assign(tenant, campaign_id, sequence_id, 200, options={"dry_run": True})
    assert (dry["total"], dry["accepted"]) == (5, 3)
    assert dry["skipped_counts"] == {"bounced": 1, "already_enrolled": 1}
    assert sorted(dry["enrolled"]) == sorted(good)
    assert {one["lead_id"]: one["code"] for one in dry["skipped"]} == {bounced: "bounced", there: "already_enrolled"}
    assert len(await tenant.query("SELECT 1 FROM lead_sequence_state")) == 1

    batch = await assign(tenant, campaign_id, sequence_id)
    assert (batch["kind"], batch["status"]) == ("enroll_campaign", "done")
    assert (batch["total"], batch["processed"], batch["accepted"]) == (5, 5, 3)
    assert batch["skipped"] == dry["skipped_counts"]
    # Every lead is decided, and nothing has been passed to Temporal, which is unreachable.
    assert (batch["started"], batch["done"], batch["progress"]) == (0, False, 0.4)
    assert batch == await batch_of(tenant, batch["id"])
    assert (await tenant.call("GET", f"/campaigns/{campaign_id}"))["sequence_id"] == sequence_id
    skipped = await tenant.call("GET", f"/batches/{batch['id']}/skipped")
    assert sorted(skipped["items"], key=str) == sorted(dry["skipped"], key=str)
    enrolled = await tenant.query("SELECT lead_id, campaign_id FROM lead_sequence_state WHERE batch_id IS NOT NULL")
    assert {(str(row.lead_id), str(row.campaign_id)) for row in enrolled if str(row.lead_id) in good} == {
        (lead_id, campaign_id) for lead_id in good
    }


async def test_started_counts_leads_passed_to_temporal(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 4)
    batch = await assign(tenant, await campaign(tenant, *lead_ids), sequence_id)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("DELETE FROM outbox WHERE id IN (SELECT min(id) FROM outbox)"))
    assert ((await batch_of(tenant, batch["id"]))["started"], batch["accepted"]) == (1, 4)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("DELETE FROM outbox"))
    over = await batch_of(tenant, batch["id"])
    assert (over["started"], over["progress"], over["done"]) == (4, 1.0, True)


async def test_an_assignment_is_carried_out_once_per_key(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([DELAY, EMAIL], active=True)
    campaign_id, key = await campaign(tenant, await tenant.lead()), {"Idempotency-Key": str(uuid4())}
    first = await assign(tenant, campaign_id, sequence_id, headers=key)
    assert await assign(tenant, campaign_id, sequence_id, headers=key) == first
    assert len((await tenant.call("GET", "/batches"))["items"]) == 1
    again = await assign(tenant, campaign_id, sequence_id)
    assert (again["accepted"], again["skipped"], again["done"]) == (0, {"already_enrolled": 1}, True)


async def test_an_invalid_assignment_is_refused(tenant: Tenant, stranger: Tenant) -> None:
    draft, active = await tenant.sequence(), await tenant.sequence(active=True)
    campaign_id = await campaign(tenant)
    path = f"/campaigns/{campaign_id}/assign-sequence"
    await tenant.refused("POST", path, 409, "sequence_not_active", json={"sequence_id": draft})
    await tenant.refused("POST", path, 404, "not_found", json={"sequence_id": str(uuid4())})
    theirs = await stranger.sequence(active=True)
    for dry_run in (True, False):
        body = {"sequence_id": theirs, "dry_run": dry_run}
        await tenant.refused("POST", path, 404, "not_found", json=body)
    await stranger.refused("POST", path, 404, "not_found", json={"sequence_id": theirs})
    assert await tenant.refused("POST", path, 422, "validation_failed", json={}) == ["sequence_id"]
    empty = await assign(tenant, campaign_id, active)
    assert (empty["status"], empty["total"], empty["done"], empty["progress"]) == ("done", 0, True, 1.0)


async def test_a_batch_is_hidden_from_other_tenants(tenant: Tenant, stranger: Tenant) -> None:
    batch = await assign(tenant, await campaign(tenant, await tenant.lead()), await tenant.sequence(active=True))
    for path in (f"/batches/{batch['id']}", f"/batches/{batch['id']}/skipped", f"/batches/{uuid4()}"):
        await stranger.refused("GET", path, 404, "not_found")
    assert (await stranger.call("GET", "/batches"))["items"] == []


async def test_batches_and_skips_are_paged(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([DELAY, EMAIL], active=True)
    campaign_id = await campaign(tenant, *await leads(tenant, 5))
    batches = [(await assign(tenant, campaign_id, sequence_id))["id"] for _ in range(3)]

    elsewhere = await tenant.sequence(active=True)
    batches.append((await assign(tenant, campaign_id, elsewhere))["id"])
    assert [one["id"] for one in await tenant.all_pages("/batches", 2)] == batches[::-1]
    assert [one["id"] for one in await tenant.all_pages("/batches", 2, sequence_id=sequence_id)] == batches[2::-1]
    skipped = await tenant.all_pages(f"/batches/{batches[1]}/skipped", 2)
    assert ([one["code"] for one in skipped], len({one["lead_id"] for one in skipped})) == (["already_enrolled"] * 5, 5)
    cursor = (await tenant.call("GET", "/batches", params={"limit": 1}))["next_cursor"]
    path = f"/batches/{batches[0]}/skipped"
    assert await tenant.refused("GET", path, 422, "invalid_cursor", params={"cursor": cursor}) == ["cursor"]


async def test_enrolling_named_leads_makes_a_batch(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(active=True), await tenant.lead()
    assert (await tenant.enroll(sequence_id, lead_id, dry_run=True))["batch_id"] is None
    answer = await tenant.enroll(sequence_id, lead_id, str(uuid4()))
    batch = await batch_of(tenant, answer["batch_id"])
    assert (batch["kind"], batch["status"], batch["accepted"]) == ("enroll_leads", "done", 1)
    assert batch["skipped"] == {"not_found": 1}
    assert (await tenant.call("GET", f"/batches/{batch['id']}/skipped"))["items"] == answer["skipped"]


async def test_a_driver_continues_after_the_first_chunk(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 11)
    batch_id = await begun(tenant, await campaign(tenant, *lead_ids), sequence_id, 3)
    batch = await batch_of(tenant, batch_id)
    assert (batch["status"], batch["processed"], batch["total"]) == ("running", 3, 11)
    assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["batch_id"] == batch_id
    batch = await driven(tenant, batch_id)
    assert (batch["status"], batch["processed"], batch["accepted"]) == ("done", 11, 11)
    assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["batch_id"] is None
    enrolled = await tenant.query("SELECT lead_id FROM lead_sequence_state ORDER BY lead_id")
    assert [str(row.lead_id) for row in enrolled] == sorted(lead_ids)


async def test_process_queue_continues_batches(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([DELAY, EMAIL], active=True)
    batch_id = await begun(tenant, await campaign(tenant, *await leads(tenant, 5)), sequence_id, 2)
    while (await batch_of(tenant, batch_id))["status"] != "done":
        await tenant.call("POST", "/sequences/process-queue")


async def test_a_chunk_that_is_not_committed_leaves_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leads, counts and cursor of a chunk are one transaction."""
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 9)
    batch_id = await begun(tenant, await campaign(tenant, *lead_ids), sequence_id, 3)

    class Cut(Exception):
        pass

    with pytest.raises(Cut):
        async with tenant.database.write(tenant.id) as session:
            assert await advance(session, UUID(batch_id), driver=uuid4(), limit=3) is not None
            raise Cut
    assert (await batch_of(tenant, batch_id))["processed"] == 3
    chunk = EnrollCampaign.chunk

    async def dies_once(self: EnrollCampaign, *arguments: Any) -> Chunk:
        done = await chunk(self, *arguments)
        monkeypatch.undo()
        raise Cut(done)

    monkeypatch.setattr(EnrollCampaign, "chunk", dies_once)
    dying = driver(tenant)
    with pytest.raises(Cut):
        await dying.drive(tenant.id, within_seconds=60)
    assert ((await batch_of(tenant, batch_id))["processed"], len(await enrolled_leads(tenant))) == (3, 3)
    await dying.drive(tenant.id, within_seconds=60)
    assert (await batch_of(tenant, batch_id))["accepted"] == 9
    assert await enrolled_leads(tenant) == sorted(lead_ids)


async def enrolled_leads(tenant: Tenant) -> list[str]:
    """Reads the log, which would show a lead that was enrolled twice."""
    rows = await tenant.query("SELECT lead_id FROM sequence_execution_log WHERE event = 'enrolled' ORDER BY lead_id")
    return [str(row.lead_id) for row in rows]


async def test_eight_drivers_enroll_each_lead_once(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 60)
    batch_id = await begun(tenant, await campaign(tenant, *lead_ids), sequence_id, 1)
    drivers = [driver(tenant, 3) for _ in range(8)]
    await asyncio.gather(*(one.drive(tenant.id, within_seconds=60) for one in drivers))
    batch = await batch_of(tenant, batch_id)
    assert (batch["status"], batch["processed"], batch["accepted"], batch["skipped"]) == ("done", 60, 60, {})
    assert await enrolled_leads(tenant) == sorted(lead_ids)


async def test_a_batch_waits_while_its_sequence_is_paused_and_fails_when_it_is_archived(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([DELAY, EMAIL], active=True)
    campaign_id = await campaign(tenant, *await leads(tenant, 6))
    batch_id = await begun(tenant, campaign_id, sequence_id, 2)
    await tenant.call("PUT", f"/sequences/{sequence_id}", json={"status": "paused"})
    while (batch := await batch_of(tenant, batch_id))["error"] is None:
        await driver(tenant, 2).drive(tenant.id, within_seconds=60)
    assert (batch["status"], batch["processed"], batch["error"]) == ("running", 2, "the sequence is paused")
    await tenant.call("PUT", f"/sequences/{sequence_id}", json={"status": "active"})
    batch = await driven(tenant, batch_id, 2)
    assert (batch["status"], batch["processed"], batch["error"]) == ("done", 6, None)

    other = await tenant.sequence([DELAY, EMAIL], active=True)
    batch_id = await begun(tenant, campaign_id, other, 2)
    await tenant.call("PUT", f"/sequences/{other}", json={"status": "archived"})
    batch = await driven(tenant, batch_id, 2)
    assert (batch["status"], batch["processed"], batch["done"]) == ("failed", 2, False)
    assert batch["error"].startswith("sequence_not_active: ")


async def test_a_new_assignment_supersedes_the_running_one(tenant: Tenant) -> None:
    first, second = [await tenant.sequence([DELAY, EMAIL], active=True) for _ in range(2)]
    campaign_id = await campaign(tenant, *await leads(tenant, 6))
    batch_id = await begun(tenant, campaign_id, first, 2)
    assert (await assign(tenant, campaign_id, second))["accepted"] == 6
    batch = await driven(tenant, batch_id)
    assert (batch["status"], batch["processed"]) == ("superseded", 2)


async def steered(tenant: Tenant, sequence_id: str, status: str, first_chunk: int) -> str:
    """Does what `PUT /sequences/{id}` does, with a small first chunk, so that work is left."""
    move = {
        "paused": steering.pause_sequence,
        "active": steering.resume_sequence,
        "archived": steering.archive_sequence,
    }[status]
    async with tenant.database.write(tenant.id) as session:
        update = text("UPDATE sequences SET status = :status WHERE id = :id")
        await session.execute(update, {"status": status, "id": sequence_id})
        return str((await move(session, UUID(sequence_id), first_chunk=first_chunk)).id)


async def statuses(tenant: Tenant) -> dict[str, int]:
    rows = await tenant.query("SELECT status, count(*) AS n FROM lead_sequence_state GROUP BY status")
    return {row.status: row.n for row in rows}


async def test_a_sequence_is_paused_resumed_and_stopped_in_chunks(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 10)
    await tenant.enroll(sequence_id, *lead_ids)
    await tenant.call("POST", f"/leads/{lead_ids[0]}/pause-sequence")
    for status, kind, counted, after in (
        ("paused", "pause_sequence", 9, {"paused": 10}),
        ("active", "resume_sequence", 9, {"active": 9, "paused": 1}),
        ("archived", "stop_sequence", 10, {"stopped": 10}),
    ):
        batch_id = await steered(tenant, sequence_id, status, 2)
        batch = await batch_of(tenant, batch_id)
        assert (batch["kind"], batch["status"], batch["total"], batch["accepted"]) == (kind, "running", counted, 2)
        assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["batch_id"] == batch_id
        batch = await driven(tenant, batch_id)
        assert (batch["status"], batch["processed"], batch["accepted"]) == ("done", counted, counted)
        assert await statuses(tenant) == after


async def test_a_later_command_supersedes_the_running_one(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 10)
    await tenant.enroll(sequence_id, *lead_ids)
    pausing = await steered(tenant, sequence_id, "paused", 4)
    resuming = await steered(tenant, sequence_id, "active", 1)
    assert (await batch_of(tenant, pausing))["status"] == "superseded"
    assert (await driven(tenant, resuming))["accepted"] == 4
    assert await statuses(tenant) == {"active": 4, "pending": 6}


async def test_a_command_ends_if_the_sequences_status_no_longer_asks_for_it(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 6)
    await tenant.enroll(sequence_id, *lead_ids)
    batch_id = await steered(tenant, sequence_id, "paused", 2)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE sequences SET status = 'active'"))
    assert ((await driven(tenant, batch_id))["status"], (await statuses(tenant))["paused"]) == ("superseded", 2)


async def test_resuming_spreads_due_leads_and_leaves_waiting_leads_alone(tenant: Tenant) -> None:
    sequence_id, lead_ids = await tenant.sequence([DELAY, EMAIL], active=True), await leads(tenant, 40)
    await tenant.enroll(sequence_id, *lead_ids)
    await tenant.call("PUT", f"/sequences/{sequence_id}", json={"status": "paused"})
    async with tenant.database.write(tenant.id) as session:
        # As if half of the leads had become due during the pause.
        await session.execute(
            text(
                "UPDATE lead_sequence_state SET next_action_at = paused_at - interval '1 hour'"
                " WHERE lead_id = ANY (CAST(:ids AS uuid[]))"
            ),
            {"ids": lead_ids[:20]},
        )
    batch_id = await steered(tenant, sequence_id, "active", 7)
    await driven(tenant, batch_id, 7)
    rows = await tenant.query(
        "SELECT s.lead_id, extract(epoch FROM s.next_action_at - b.created_at)::float AS wait"
        " FROM lead_sequence_state s, batches b WHERE b.id = :id ORDER BY wait",
        id=UUID(batch_id),
    )
    due = [row.wait for row in rows if str(row.lead_id) in lead_ids[:20]]
    # Ten per second from the command on. Leads of a later chunk whose time has passed are due at once.
    assert all(wait >= place / 10 - 0.001 for place, wait in enumerate(due))
    assert max(due) < 60
    assert all(2.9 * 86400 < row.wait < 3.1 * 86400 for row in rows if str(row.lead_id) not in lead_ids[:20])


async def test_a_dry_run_and_the_batch_forecast_the_first_emails(tenant: Tenant) -> None:
    for mailbox in (await tenant.call("GET", "/mailboxes"))["items"]:
        await tenant.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"weight": 0})
    mailbox = await tenant.call(
        "POST", "/mailboxes", 201, json={"email": "slow@acme.example", "daily_cap": 2, "timezone": "UTC"}
    )
    sequence_id = await tenant.sequence(active=True)
    leads = [await tenant.lead() for _ in range(7)]
    forecast = (await tenant.enroll(sequence_id, *leads, dry_run=True))["forecast"]
    [of_mailbox] = forecast["mailboxes"]
    assert (of_mailbox["mailbox_id"], of_mailbox["leads"], of_mailbox["per_day"]) == (mailbox["id"], 7, 2)
    by = datetime.fromisoformat(forecast["first_email_by"])
    # Two per day: on the fourth day, or on the fifth if today is about to end.
    assert 3 <= (by.date() - datetime.now(UTC).date()).days <= 4
    enrolled = await tenant.enroll(sequence_id, *leads)
    assert enrolled["forecast"] is None
    batch = await batch_of(tenant, enrolled["batch_id"])
    assert datetime.fromisoformat(batch["forecast"]["first_email_by"]).date() == by.date()
    await tenant.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"status": "held"})
    held = (await batch_of(tenant, enrolled["batch_id"]))["forecast"]
    assert (held["first_email_by"], held["mailboxes"][0]["last_at"]) == (None, None)
