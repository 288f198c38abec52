"""`cadenza leads`, `enroll`, `status`, `explain`, `pause`, `resume`, `stop`: the daily commands of a team."""

import json
import re
from typing import Any
from uuid import uuid4

from tests.integration.api.client import DELAY, EMAIL
from tests.integration.cli.conftest import Person

CSV = "Work email,Given,Plan\nada@acme.example,Ada,pro\nnot-an-address,Bob,\ngrace@acme.example,Grace,\n"


async def imported(person: Person) -> Any:
    file = person.file("leads.csv", CSV)
    ran = await person.does("leads", "import", file, "--map", "Given=first_name", "--map", "Plan=custom.plan", "--json")
    return ran.json


async def lead_id(person: Person, email: str) -> str:
    return (await person.tenant.call("GET", "/leads", params={"search": email}))["items"][0]["id"]


async def test_leads_are_imported_and_listed(person: Person) -> None:
    first = await imported(person)
    assert (first["created"], first["rejected_count"]) == (2, 1)
    ran = await person.does("leads", "import", person.file("again.csv", CSV))
    assert "0 created, 2 updated, 1 rejected" in ran.out
    assert re.search(r"2 +not-an-address +invalid_email", ran.out)
    listed = await person.does("leads", "list", "--search", "ada")
    assert "ada@acme.example" in listed.out
    assert "grace@acme.example" not in listed.out
    (ada,) = (await person.does("leads", "list", "--search", "ada", "--json")).json
    assert (ada["first_name"], ada["custom"]["plan"]) == ("Ada", "pro")
    assert len((await person.does("leads", "list", "--limit", "1", "--json")).json) == 1


async def test_an_invalid_mapping_is_refused(person: Person) -> None:
    file = person.file("leads.csv", CSV)
    await person.does("leads", "import", file, "--map", "Given", status=2)
    ran = await person.does("leads", "import", file, "--map", "Nowhere=email", status=1)
    assert "mapping" in ran.err
    assert "(unknown_column)" in ran.err


async def test_a_large_file_is_streamed(person: Person) -> None:
    rows = "".join(f"lead{number}@acme.example,{'x' * 200}\n" for number in range(3000))
    ran = await person.does("leads", "import", person.file("many.csv", "email,company\n" + rows), "--json")
    assert ran.json["created"] == 3000


async def test_named_leads_are_enrolled_and_skips_are_shown(person: Person) -> None:
    await imported(person)
    await person.tenant.sequence([DELAY, EMAIL], active=True)
    grace = await lead_id(person, "grace@acme.example")
    who = ("--lead", "ADA@acme.example", "--lead", grace)
    tried = await person.does("enroll", "Outreach", *who, "--dry-run")
    assert "2 would be enrolled in Outreach, 0 skipped" in tried.out
    assert "2 enrolled in Outreach, 0 skipped" in (await person.does("enroll", "Outreach", *who)).out
    again = await person.does("enroll", "Outreach", *who)
    assert "0 enrolled in Outreach, 2 skipped" in again.out
    assert re.search(r"ada@acme.example +already_enrolled +the lead is in this sequence already", again.out)
    assert "(not_found)" in (await person.does("enroll", "Outreach", "--lead", "no@acme.example", status=1)).err
    assert "(not_found)" in (await person.does("enroll", "Nowhere", *who, status=1)).err


async def test_enroll_needs_exactly_one_kind_of_target(person: Person) -> None:
    await person.does("enroll", "Outreach", status=2)
    await person.does("enroll", "Outreach", "--lead", "a@acme.example", "--campaign", "Fair", status=2)


async def test_a_files_leads_are_imported_and_enrolled(person: Person) -> None:
    await person.tenant.sequence([DELAY, EMAIL], active=True)
    file = person.file("leads.csv", CSV)
    tried = await person.does("enroll", "Outreach", "--file", file, "--dry-run", "--json")
    assert (tried.json["enrolled"], tried.json["imported"]) == (2, None)
    assert (await person.does("leads", "list", "--json")).json == []
    done = await person.does("enroll", "Outreach", "--file", file, "--json")
    assert (done.json["enrolled"], done.json["imported"]["created"]) == (2, 2)
    again = await person.does("enroll", "Outreach", "--file", file, "--json")
    assert [one["code"] for one in again.json["skipped"]] == ["already_enrolled"] * 2


async def test_a_campaigns_leads_are_enrolled_as_a_batch(person: Person) -> None:
    await imported(person)
    await person.tenant.sequence([DELAY, EMAIL], active=True)
    campaign = await person.tenant.call("POST", "/campaigns", 201, json={"name": "Fair"})
    ids = [lead["id"] for lead in (await person.tenant.call("GET", "/leads"))["items"]]
    await person.tenant.call("POST", f"/campaigns/{campaign['id']}/leads", json={"lead_ids": ids})
    await person.does("enroll", "Outreach", "--lead", "ada@acme.example")
    tried = await person.does("enroll", "Outreach", "--campaign", "fair", "--dry-run", "--json")
    assert (tried.json["enrolled"], len(tried.json["skipped"])) == (1, 1)
    done = await person.does("enroll", "Outreach", "--campaign", "fair")
    assert "1 enrolled in Outreach, 1 skipped" in done.out
    assert re.search(r"ada@acme.example +already_enrolled", done.out)


async def test_status_shows_sequences_and_leads(person: Person) -> None:
    assert (await person.does("status")).out == "no sequences\n"
    await imported(person)
    sequence_id = await person.tenant.sequence([DELAY, EMAIL], active=True)
    ada = await lead_id(person, "ada@acme.example")
    await person.tenant.enroll(sequence_id, ada)
    assert "Outreach" in (await person.does("status")).out
    for named in ("Outreach", sequence_id):
        shown = await person.does("status", named)
        assert "1 enrolled" in shown.out
        assert re.search(r"ada@acme.example +(pending|active) +wait ", shown.out)
    for named in ("ada@acme.example", ada):
        assert re.search(r"Outreach +(pending|active) +wait ", (await person.does("status", named)).out)
    (one,) = (await person.does("status", ada, "--json")).json["enrollments"]
    assert one["sequence_id"] == sequence_id
    for named in ("nobody@acme.example", str(uuid4()), "Nothing"):
        assert "(not_found)" in (await person.does("status", named, status=1)).err


async def test_explain_says_why_nothing_is_sent(person: Person) -> None:
    await imported(person)
    ran = await person.does("explain", "ada@acme.example", status=1)
    assert "(not_enrolled)" in ran.err
    sequence_id = await person.tenant.sequence([DELAY, EMAIL], active=True)
    ada = await lead_id(person, "ada@acme.example")
    (enrolled,) = (await person.tenant.enroll(sequence_id, ada))["enrolled"]
    await person.tenant.call("POST", "/sequences/process-queue")
    shown = await person.does("explain", "ada@acme.example")
    assert shown.out.startswith("waiting  waits at `wait` until ")
    assert "also no_mailbox" in shown.out
    (by_id,) = (await person.does("explain", enrolled["enrollment_id"], "--json")).json
    assert (by_id["reason"]["code"], by_id["lead_id"]) == ("waiting", ada)
    await person.does("pause", "--lead", ada)
    assert (await person.does("explain", ada)).out.startswith("paused  ")


async def test_leads_and_sequences_are_steered(person: Person) -> None:
    await imported(person)
    sequence_id = await person.tenant.sequence([DELAY, EMAIL], active=True)
    ada, grace = [await lead_id(person, f"{name}@acme.example") for name in ("ada", "grace")]
    await person.tenant.enroll(sequence_id, ada, grace)
    both = ("--lead", "ada@acme.example", "--lead", grace)
    paused = await person.does("pause", *both, "--sequence", "Outreach")
    assert paused.out.count("paused") == 2
    (resumed,) = (await person.does("resume", "--lead", ada, "--mode", "original_schedule", "--json")).json
    assert resumed["enrollments"][0]["status"] in ("active", "pending")
    stopped = await person.does("stop", "--lead", ada, "--reason", "called them")
    assert re.search(r"stopped +called them", stopped.out)
    assert "(invalid_transition)" in (await person.does("resume", "--lead", ada, status=1)).err
    assert "Outreach is paused" in (await person.does("pause", "--sequence", "outreach")).out
    assert "Outreach is active" in (await person.does("resume", "--sequence", sequence_id)).out
    await person.does("stop", "--sequence", "Outreach", status=1, given="n\n")
    assert "Outreach is archived" in (await person.does("stop", "--sequence", "Outreach", "--yes")).out
    for verb in ("pause", "resume", "stop"):
        await person.does(verb, status=2)
    assert (
        json.loads((await person.does("pause", "--lead", "x@y.example", "--json", status=1)).err)["code"] == "not_found"
    )
