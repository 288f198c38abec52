"""Importing and exporting a suppression list over HTTP."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from tests.integration.api.client import Tenant

CSV = {"Content-Type": "text/csv"}
WAITS = [
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi"}},
]


async def take(tenant: Tenant, file: str | bytes, **more: Any) -> Any:
    content = file.encode() if isinstance(file, str) else file
    return await tenant.call("POST", "/suppressions/import", content=content, headers=CSV | more)


async def values(tenant: Tenant, **search: str) -> set[tuple[str, str, str]]:
    listed = (await tenant.call("GET", "/suppressions", params=search))["items"]
    return {(one["kind"], one["value"], one["reason"]) for one in listed}


async def live(tenant: Tenant, *emails: str) -> dict[str, str]:
    """Creates and enrolls a lead for each address. Returns the IDs of the leads, which wait in a delay."""
    sequence = await tenant.call("POST", "/sequences", 201, json={"name": "Waits", "steps": WAITS})
    await tenant.call("PUT", f"/sequences/{sequence['id']}", json={"status": "active"})
    leads = {email: (await tenant.call("POST", "/leads", 201, json={"email": email}))["id"] for email in emails}
    body = {"sequence_id": sequence["id"], "lead_ids": list(leads.values())}
    await tenant.call("POST", "/leads/enroll-in-sequence", json=body)
    return leads


async def stop_reason(tenant: Tenant, lead_id: str) -> str | None:
    return (await tenant.call("GET", f"/leads/{lead_id}/sequence-state"))["enrollments"][0]["stop_reason"]


async def test_a_plain_list_of_addresses_and_domains(tenant: Tenant) -> None:
    file = "\ufeffEve@Acme.Example\r\n\r\n@globex.example\nevil.example\nnot an address@\nlocalhost\neve@acme.example\n"
    taken = await take(tenant, file)
    assert (taken["suppressed"], taken["known"], taken["stopped"]) == (3, 1, 0)
    assert [(row["row"], row["code"]) for row in taken["rejected"]] == [(4, "invalid_email"), (5, "invalid_domain")]
    assert taken["rejected_count"] == 2
    assert await values(tenant) == {
        ("address", "eve@acme.example", "imported"),
        ("domain", "globex.example", "imported"),
        ("domain", "evil.example", "imported"),
    }
    again = await take(tenant, file)
    assert (again["suppressed"], again["known"], again["rejected_count"]) == (0, 4, 2)


@pytest.mark.parametrize(
    "file",
    [
        "Name;Email;Reason\nEve;eve@acme.example;asked\n;;\nBob;;\n",
        "email,reason\neve@acme.example,asked\n,none\n",
        "Domain\tValue\tNote\nx\teve@acme.example\tasked\ny\t\tz\n",
    ],
)
async def test_columns_of_a_csv_list_are_recognised(tenant: Tenant, file: str) -> None:
    taken = await take(tenant, file)
    assert await values(tenant) == {("address", "eve@acme.example", "asked")}
    assert [row["code"] for row in taken["rejected"]] == ["missing_value"]


async def test_an_imported_list_stops_live_enrollments_and_covers_subdomains(tenant: Tenant) -> None:
    leads = await live(
        tenant,
        "eve@acme.example",
        "bob@acme.example",
        "amy@globex.example",
        "ann@eu.globex.example",
        "x@notglobex.example",
    )
    taken = await take(tenant, "eve@acme.example\nglobex.example\namy@globex.example\n")
    assert (taken["suppressed"], taken["stopped"]) == (3, 3)
    reasons = {email: await stop_reason(tenant, lead) for email, lead in leads.items()}
    assert [email for email, reason in reasons.items() if reason == "suppressed"] == [
        "eve@acme.example",
        "amy@globex.example",
        "ann@eu.globex.example",
    ]
    assert {reasons["bob@acme.example"], reasons["x@notglobex.example"]} == {None}
    skipped = await tenant.call(
        "POST",
        "/leads/enroll-in-sequence",
        json={
            "sequence_id": (await tenant.call("GET", "/sequences"))["items"][0]["id"],
            "lead_ids": [leads["ann@eu.globex.example"]],
        },
    )
    assert [one["code"] for one in skipped["skipped"]] == ["suppressed"]


async def test_what_is_given_is_taken_again(tenant: Tenant, stranger: Tenant) -> None:
    many = "".join(f"lead-{place}@acme.example\n" for place in range(2500))
    assert (await take(tenant, many + "evil.example\n"))["suppressed"] == 2501
    async with tenant.database.write(tenant.id) as session:
        odd = (
            "INSERT INTO suppressions (tenant_id, kind, value, reason) VALUES (:t, 'address', '+49@x.example', '=1+1')"
        )
        await session.execute(text(odd), {"t": tenant.id})
        full_width = (
            "INSERT INTO suppressions (tenant_id, kind, value, reason) VALUES (:t, 'domain', 'a.example', :why)"
        )
        await session.execute(text(full_width), {"t": tenant.id, "why": "\N{FULLWIDTH EQUALS SIGN}1+1"})
    answer = await tenant.http.get("/suppressions/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 2503
    assert len({(row["kind"], row["value"]) for row in rows}) == 2503
    assert [row["reason"] for row in rows if row["value"] == "a.example"] == ["'\N{FULLWIDTH EQUALS SIGN}1+1"]
    assert [(row["value"], row["reason"]) for row in rows if row["value"].startswith("'")] == [
        ("'+49@x.example", "'=1+1")
    ]
    # Imported by another tenant, which has none of it yet.
    assert (await take(stranger, answer.content))["suppressed"] == 2503
    assert await values(stranger, search="+49") == {("address", "+49@x.example", "=1+1")}
    only = (await stranger.http.get("/suppressions/export", params={"kind": "domain"})).text.splitlines()
    assert [line.split(",")[:3] for line in only] == [
        ["kind", "value", "reason"],
        ["domain", "a.example", "'\N{FULLWIDTH EQUALS SIGN}1+1"],
        ["domain", "evil.example", "imported"],
    ]


async def test_an_invalid_list_is_refused_as_a_whole(tenant: Tenant) -> None:
    refused = await tenant.call("POST", "/suppressions/import", 422, content=b"PK\x03\x04zip", headers=CSV)
    assert refused["errors"][0]["code"] == "not_csv"
    await tenant.call("POST", "/suppressions/import", 415, content=b"{}", headers={"Content-Type": "application/json"})
    assert await values(tenant) == set()
    long = await take(tenant, "x" * 200_000 + "\nok.example\n")
    assert ([row["code"] for row in long["rejected"]], long["suppressed"]) == (["row_too_long"], 1)


async def test_the_suppression_list_needs_the_scope_admin(tenant: Tenant) -> None:
    key = await tenant.call("POST", "/api-keys", 201, json={"name": "writer", "scopes": ["write"]})
    headers = {"Authorization": f"Bearer {key['key']}"}
    for method, path in (("POST", "/suppressions/import"), ("GET", "/suppressions/export")):
        answer = await tenant.http.request(method, path, content=b"x.example", headers=CSV | headers)
        assert answer.status_code == 403
