"""Leads, campaigns and mailboxes over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.client import EMAIL, Tenant


async def test_a_lead_is_created_read_and_changed(tenant: Tenant) -> None:
    body = {
        "email": "  Ada@Analytical.EXAMPLE ",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "timezone": "Europe/London",
        "tags": ["trial", "vip", "trial"],
        "custom": {"plan": "pro", "seats": 4},
    }
    lead = await tenant.call("POST", "/leads", 201, json=body)
    assert (lead["email"], lead["name"], lead["status"]) == ("ada@analytical.example", "Ada Lovelace", "new")
    assert (lead["tags"], lead["owner_id"], lead["company"]) == (["trial", "vip"], None, "")
    assert lead.keys() == {
        *("id", "email", "first_name", "last_name", "name", "company", "title", "phone", "timezone", "status"),
        *("owner_id", "tags", "custom", "created_at", "updated_at"),
    }
    path = f"/leads/{lead['id']}"
    assert await tenant.call("GET", path) == lead
    changes = {"company": "Acme", "custom": {"seats": None, "city": "London"}, "timezone": None}
    changed = await tenant.call("PATCH", path, json=changes)
    assert (changed["company"], changed["timezone"], changed["first_name"]) == ("Acme", "", "Ada")
    assert changed["custom"] == {"plan": "pro", "city": "London"}
    assert changed["updated_at"] > lead["updated_at"]


async def test_an_address_belongs_to_one_lead(tenant: Tenant, stranger: Tenant) -> None:
    first = await tenant.lead(email="ada@acme.example")
    problem = await tenant.call("POST", "/leads", 409, json={"email": "ADA@acme.example"})
    assert (problem["code"], problem["lead_id"]) == ("lead_exists", first)
    assert [error["field"] for error in problem["errors"]] == ["email"]
    other = await tenant.lead()
    await tenant.refused("PATCH", f"/leads/{other}", 409, "lead_exists", json={"email": "ada@acme.example"})
    await stranger.lead(email="ada@acme.example")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"email": "not-an-address"}, "email", "invalid_email"),
        ({"email": "two@@at.example"}, "email", "invalid_email"),
        ({"email": "a" * 65 + "@acme.example"}, "email", "invalid_email"),
        ({"first_name": "Ada\r\nBcc: victim@example.org"}, "first_name", "invalid_text"),
        ({"company": "x" * 300}, "company", "string_too_long"),
        ({"timezone": "Mars/Olympus"}, "timezone", "unknown_timezone"),
        ({"owner_id": str(uuid4())}, "owner_id", "unknown_user"),
        ({"nickname": "Countess"}, "nickname", "extra_forbidden"),
        ({"custom": {"deep": {"nul": ["a\0b"]}}}, "custom.deep.nul[0]", "invalid_text"),
        ({"custom": {"large": "x" * 40_000}}, "custom", "too_long"),
        ({"tags": ["ok", ""]}, "tags[1]", "string_too_short"),
    ],
)
async def test_a_bad_field_is_named(tenant: Tenant, fields: dict[str, Any], field: str, code: str) -> None:
    body = {"email": "ada@acme.example", **fields}
    problem = await tenant.call("POST", "/leads", 422, json=body)
    assert problem["code"] == "validation_failed"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]


async def test_leads_are_searched_and_filtered(tenant: Tenant) -> None:
    ada = await tenant.lead(email="ada@one.example", last_name="Lovelace", company="100% Analytical", tags=["vip"])
    bob = await tenant.lead(email="bob@two.example", first_name="Bob", status="customer")

    async def found(**query: str) -> set[str]:
        return {lead["id"] for lead in (await tenant.call("GET", "/leads", params=query))["items"]}

    assert await found(search="LOVE") == {ada}
    assert await found(search="ada love") == {ada}
    assert await found(search="two.ex") == {bob}
    assert await found(search="0% an") == {ada}
    assert await found(search="%") == {ada}
    assert await found(status="customer") == {bob}
    assert await found(tag="vip") == {ada}
    assert await found(tag="vip", status="customer") == set()
    assert await found() == {ada, bob}


async def test_matching_leads_are_listed_by_id(tenant: Tenant) -> None:
    ids = [await tenant.lead(first_name="Ada", tags=["vip"]) for _ in range(3)]
    other = await tenant.lead(first_name="Bob")

    async def matching(**query: Any) -> tuple[list[str], bool]:
        answer = await tenant.call("GET", "/leads/ids", params=query)
        return answer["items"], answer["more"]

    assert await matching() == ([other, *reversed(ids)], False)
    assert await matching(search="ada", tag="vip", status="new") == (list(reversed(ids)), False)
    assert await matching(tag="vip", limit=2) == ([ids[2], ids[1]], True)
    assert await matching(search="nobody") == ([], False)
    assert await tenant.refused("GET", "/leads/ids?limit=10001", 422, "validation_failed") == ["limit"]


async def test_leads_are_looked_up_by_their_ids(tenant: Tenant) -> None:
    first, _, third = [await tenant.lead() for _ in range(3)]
    named = {"id": [first, third, str(uuid4())]}
    assert [one["id"] for one in (await tenant.call("GET", "/leads", params=named))["items"]] == [third, first]
    assert (await tenant.call("GET", "/leads", params={"id": [str(uuid4())]}))["items"] == []
    many = {"id": [str(uuid4()) for _ in range(201)]}
    assert await tenant.refused("GET", "/leads", 422, "validation_failed", params=many) == ["id"]


async def test_leads_with_the_same_time_are_paged_without_loss(tenant: Tenant) -> None:
    file = "email\n" + "\n".join(f"lead{number}@page.example" for number in range(25))
    await tenant.call("POST", "/leads/import", content=file, headers={"Content-Type": "text/csv"})
    seen = [lead["email"] for lead in await tenant.all_pages("/leads", 10)]
    assert len(seen) == len(set(seen)) == 25


async def test_an_erased_lead_is_gone_with_its_history(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence([EMAIL], active=True), await tenant.lead()
    await tenant.enroll(sequence_id, lead_id)
    await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "open"})
    await tenant.call("DELETE", f"/leads/{lead_id}", 204)
    for path in ("", "/sequence-state", "/timeline"):
        await tenant.refused("GET", f"/leads/{lead_id}{path}", 404, "not_found")
    await tenant.refused("DELETE", f"/leads/{lead_id}", 404, "not_found")
    for table in ("lead_sequence_state", "sequence_execution_log", "lead_engagement", "outbox"):
        assert await tenant.query(f"SELECT 1 FROM {table}") == [], table


async def test_a_stored_answer_that_shows_an_erased_lead_is_deleted(tenant: Tenant) -> None:
    key = {"Idempotency-Key": "once"}
    made = await tenant.call("POST", "/leads", 201, json={"email": "ada@kept.example"}, headers=key)
    await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"}, headers={"Idempotency-Key": "another"})
    await tenant.call("DELETE", f"/leads/{made['id']}", 204)
    kept = await tenant.query("SELECT key FROM idempotency_keys")
    assert [row.key for row in kept] == ["another"]


async def test_leads_are_added_to_campaigns(tenant: Tenant, stranger: Tenant) -> None:
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Trade fair"})
    path = f"/campaigns/{campaign['id']}"
    mine, theirs = await tenant.lead(), await stranger.lead()
    answer = await tenant.call("POST", f"{path}/leads", json={"lead_ids": [mine, theirs]})
    assert answer["added"] == [mine]
    assert [(one["lead_id"], one["code"]) for one in answer["skipped"]] == [(theirs, "not_found")]
    again = await tenant.call("POST", f"{path}/leads", json={"lead_ids": [mine]})
    assert [one["code"] for one in again["skipped"]] == ["already_in_campaign"]
    assert (await tenant.call("GET", path))["leads_count"] == 1
    listed = await tenant.call("GET", "/campaigns")
    assert [(one["id"], one["leads_count"]) for one in listed["items"]] == [(campaign["id"], 1)]


async def test_a_mailbox_address_is_unique(tenant: Tenant) -> None:
    body = {"email": "Sam@Cadenza.example", "name": "Sam from Cadenza"}
    mailbox = await tenant.call("POST", "/mailboxes", 201, json=body)
    assert (mailbox["email"], mailbox["status"]) == ("sam@cadenza.example", "active")
    assert await tenant.refused("POST", "/mailboxes", 409, "mailbox_exists", json=body) == ["email"]
    assert (await tenant.call("GET", "/mailboxes"))["items"] == [mailbox]
    held = await tenant.call("POST", "/mailboxes", 201, json={"email": "x@cadenza.example", "status": "held"})
    assert held["status"] == "held"
