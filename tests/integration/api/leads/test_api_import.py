"""Importing lead files over HTTP."""

import asyncio
import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from domain.leads.importing import ParsedLead
from services.leads.csv_rows import read_leads
from tests.integration.api.client import Tenant

MESSY = (Path(__file__).parents[3] / "data" / "leads-messy.csv").read_bytes()
CSV = {"Content-Type": "text/csv"}


async def lead_of(tenant: Tenant, email: str) -> Any:
    (found,) = (await tenant.call("GET", "/leads", params={"search": email}))["items"]
    return found


async def test_a_messy_file_is_imported_row_by_row(tenant: Tenant) -> None:
    rows = list(read_leads(io.BytesIO(MESSY)))
    addresses = [row.email for row in rows if isinstance(row, ParsedLead)]
    created, updated = len(set(addresses)), len(addresses) - len(set(addresses))
    assert (created >= 290, updated) == (True, 1)
    answer = await tenant.call("POST", "/leads/import", files={"file": ("leads.csv", MESSY, "text/csv")})
    assert (answer["created"], answer["updated"]) == (created, updated)
    refused = {row["row"]: row["code"] for row in answer["rejected"]}
    assert {6: "invalid_email", 7: "missing_email", 8: "invalid_email", 18: "invalid_email"}.items() <= refused.items()
    assert refused[19] == "field_too_long"
    assert len(refused) == answer["rejected_count"] == len(rows) - len(addresses)
    assert (11, "unknown_timezone") in [(row["row"], row["code"]) for row in answer["warnings"]]
    assert not [lead for lead in (await tenant.call("GET", "/leads?search=Bcc"))["items"] if "\n" in lead["name"]]
    template = await lead_of(tenant, "lead13@")
    assert template["first_name"].startswith("{{ 7 | times: 6 }}")
    assert (await lead_of(tenant, "lead19@"))["tags"] == ["A", "B"]
    assert (await lead_of(tenant, "lead20@"))["custom"] == {"plan": "pro", "employees": "3988"}
    again = await tenant.call("POST", "/leads/import", content=MESSY, headers=CSV)
    assert (again["created"], again["updated"]) == (0, len(addresses))


async def test_importing_again_deletes_nothing(tenant: Tenant) -> None:
    known = {
        "email": "ada@acme.example",
        "first_name": "Ada",
        "company": "Acme",
        "tags": ["vip"],
        "custom": {"plan": "pro", "seats": 4},
        "status": "customer",
    }
    await tenant.call("POST", "/leads", 201, json=known)
    file = "Email,First Name,Company,Tags,Plan\nADA@acme.example,,Acme Inc,trial;vip,\nbob@acme.example,Bob,,,free\n"
    answer = await tenant.call("POST", "/leads/import", content=file.encode(), headers=CSV)
    assert (answer["created"], answer["updated"], answer["rejected"]) == (1, 1, [])
    ada = await lead_of(tenant, "ada@acme.example")
    assert (ada["first_name"], ada["company"], ada["status"]) == ("Ada", "Acme Inc", "customer")
    assert (ada["tags"], ada["custom"]) == (["vip", "trial"], {"plan": "pro", "seats": 4})


async def test_characters_special_to_postgres_are_imported_unchanged(tenant: Tenant) -> None:
    tags, note = ["a\\b", "{c}", "NULL", 'say "hi"', "é"], "\\N \\. {}, \" '"
    file = io.StringIO()
    csv.writer(file).writerows([["email", "tags", "note"], ["ada@acme.example", ";".join(tags), note]])
    for _ in range(2):
        await tenant.call("POST", "/leads/import", content=file.getvalue().encode(), headers=CSV)
        lead = await lead_of(tenant, "ada@acme.example")
        assert (lead["tags"], lead["custom"]) == (tags, {"note": note})


async def test_repeated_addresses_in_a_file_are_one_lead(tenant: Tenant) -> None:
    rows = [(f"lead{number % 700}@acme.example", "" if number % 2 else f"C{number}") for number in range(2_500)]
    random.Random(7).shuffle(rows)
    file = "email,company\n" + "\n".join(",".join(row) for row in rows)
    answer = await tenant.call("POST", "/leads/import", content=file.encode(), headers=CSV)
    assert (answer["created"], answer["updated"]) == (700, 1_800)


async def test_imported_leads_are_added_to_a_campaign(tenant: Tenant) -> None:
    there = await tenant.lead(email="ada@acme.example")
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"})
    path, file = f"/leads/import?campaign_id={campaign['id']}", "email\nADA@acme.example\nbob@acme.example\nbad\n"
    for created in (1, 0):  # the second time, no lead is added twice
        answer = await tenant.call("POST", path, files={"file": ("leads.csv", file.encode(), "text/csv")})
        assert (answer["created"], answer["rejected_count"]) == (created, 1)
    rows = await tenant.query("SELECT lead_id, campaign_id FROM campaign_leads")
    bob = await lead_of(tenant, "bob@acme.example")
    assert {(str(row.lead_id), str(row.campaign_id)) for row in rows} == {
        (there, campaign["id"]),
        (bob["id"], campaign["id"]),
    }
    # An unknown campaign: nothing of the file is imported.
    lost = f"/leads/import?campaign_id={there}"
    await tenant.refused("POST", lost, 404, "not_found", content=b"email\ncy@acme.example\n", headers=CSV)
    assert (await tenant.call("GET", "/leads?search=cy@"))["items"] == []


async def test_columns_can_be_mapped(tenant: Tenant) -> None:
    file = "who;Mail;internal\nAda Lovelace;ada@acme.example;secret\n".encode("cp1252")
    mapping = {"who": "full_name", "Mail": "email", "internal": ""}
    answer = await tenant.call("POST", "/leads/import", files={"file": file}, data={"mapping": json.dumps(mapping)})
    assert answer["created"] == 1
    lead = await lead_of(tenant, "ada@acme.example")
    assert (lead["first_name"], lead["last_name"], lead["custom"]) == ("Ada", "Lovelace", {})
    query = {"mapping": json.dumps({**mapping, "internal": "custom.note"})}
    await tenant.call("POST", "/leads/import", params=query, content=file, headers=CSV)
    assert (await lead_of(tenant, "ada@acme.example"))["custom"] == {"note": "secret"}


@pytest.mark.parametrize(
    ("request_", "status", "fields"),
    [
        ({"content": b"", "headers": CSV}, 422, ["file"]),
        ({"content": b"name,company\nAda,Acme\n", "headers": CSV}, 422, ["file"]),
        ({"content": b"PK\x03\x04 a spreadsheet", "headers": CSV}, 422, ["file"]),
        ({"content": b"\x00" * 1000, "headers": CSV}, 422, ["file"]),
        ({"files": {"document": b"email\n"}}, 422, ["file"]),
        ({"data": {"file": "email\n"}, "files": {"other": b""}}, 422, ["file"]),
        ({"files": {"file": b"email\n"}, "data": {"mapping": "{"}}, 422, ["mapping"]),
        ({"files": {"file": b"email\n"}, "data": {"mapping": '{"nothing": "email"}'}}, 422, ["mapping"]),
        ({"files": {"file": b"email\n"}, "data": {"mapping": '{"email": 3}'}}, 422, ["mapping"]),
        ({"json": {"leads": []}}, 415, []),
        ({"content": b"email\n"}, 415, []),
        ({"content": b"email", "headers": {"Content-Type": "multipart/form-data"}}, 400, []),
        ({"content": b"email", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400, []),
    ],
)
async def test_an_invalid_lead_file_is_refused(
    tenant: Tenant, request_: dict[str, Any], status: int, fields: list[str]
) -> None:
    problem = await tenant.call("POST", "/leads/import", status, **request_)
    assert [error["field"] for error in problem["errors"]] == fields
    assert (await tenant.call("GET", "/leads"))["items"] == []


async def test_damaged_files_cause_no_internal_error(tenant: Tenant) -> None:
    chance = random.Random(2026)
    for _ in range(60):
        damaged = bytearray(MESSY[: chance.randrange(20, 4_000)])
        for _ in range(chance.randrange(1, 40)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        response = await tenant.http.post("/leads/import", content=bytes(damaged), headers=CSV)
        assert response.status_code in (200, 422), response.text


async def test_two_simultaneous_imports_create_each_lead_once(tenant: Tenant) -> None:
    addresses = [f"lead{number}@acme.example" for number in range(1_500)]

    def file(seed: int) -> bytes:
        return ("email\n" + "\n".join(random.Random(seed).sample(addresses, len(addresses)))).encode()

    first, second = await asyncio.gather(
        *(tenant.call("POST", "/leads/import", content=file(seed), headers=CSV) for seed in (1, 2))
    )
    assert first["created"] + second["created"] == 1_500
    assert first["updated"] + second["updated"] == 1_500
