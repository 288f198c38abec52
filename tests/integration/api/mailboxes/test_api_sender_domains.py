"""Sender domains over the API: keys that sign, and what a real DNS server says of them."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.wiring import Wiring
from db.session import Database
from mail.dkim_keys import generate_key, public_record
from tests.dns_server import SERVFAIL, DnsServer, dns_server
from tests.integration.api.client import Tenant, new_tenant
from tests.integration.api.conftest import SECRETS, temporal_is_away

DOMAIN = "sender.example"
PATH = f"/sender-domains/{DOMAIN}"
KEY = generate_key()


@pytest.fixture
async def dns() -> AsyncGenerator[DnsServer]:
    async with dns_server() as one:
        yield one


@pytest.fixture
async def asking(app: FastAPI, database: Database, dns: DnsServer) -> AsyncGenerator[Tenant]:
    """A tenant with a mailbox of DOMAIN, of an API that asks that server."""
    running: Wiring = app.state.wiring
    one = create_app(replace(running.config, dns=dns.lookup()), temporal_is_away)
    async with one.router.lifespan_context(one), new_tenant(one, database) as tenant:
        smtp = {"host": "smtp.provider.example", "port": 587}
        await tenant.call("POST", "/mailboxes", 201, json={"email": f"sam@{DOMAIN}", "smtp": smtp})
        yield tenant


async def key_of(tenant: Tenant) -> str | None:
    [row] = await tenant.query("SELECT dkim_private_key FROM sender_domains")
    return row.dkim_private_key and SECRETS.open(row.dkim_private_key)


async def test_a_domain_is_known_by_its_mailboxes(asking: Tenant) -> None:
    await asking.call("POST", "/mailboxes", 201, json={"email": f"kim@{DOMAIN}"})
    other = await asking.call("POST", "/mailboxes", 201, json={"email": "kim@other.example"})
    domains = [one["domain"] for one in (await asking.call("GET", "/sender-domains"))["items"]]
    assert domains == ["other.example", DOMAIN]
    page = await asking.call("GET", "/sender-domains?limit=1")
    rest = await asking.call("GET", f"/sender-domains?cursor={page['next_cursor']}")
    assert [one["domain"] for one in rest["items"]] == [DOMAIN]
    await asking.call("PATCH", f"/mailboxes/{other['id']}", json={"email": "kim@third.example"})
    assert (await asking.call("GET", "/sender-domains/Third.Example"))["findings"] is None
    for method, path, body in (("GET", "", None), ("PUT", "", {"dkim": None}), ("POST", "/check", {})):
        await asking.refused(method, f"/sender-domains/unknown.example{path}", 404, "not_found", json=body)


async def test_a_key_is_made_kept_and_let_go(asking: Tenant) -> None:
    made = await asking.call("PUT", PATH, json={"dkim": {"selector": "Cadenza1"}})
    key = await key_of(asking)
    assert key is not None and made["dkim"] == {
        "selector": "cadenza1",
        "record_name": f"cadenza1._domainkey.{DOMAIN}",
        "record_value": public_record(key),
    }
    assert "PRIVATE" not in str(made) and "PRIVATE" not in str(await asking.query("SELECT * FROM sender_domains"))
    again = await asking.call("PUT", PATH, json={"dkim": {"selector": "cadenza1"}})
    assert again["dkim"] == made["dkim"] and await key_of(asking) == key
    other = await asking.call("PUT", PATH, json={"dkim": {"selector": "cadenza2"}})
    assert other["dkim"]["record_value"] != made["dkim"]["record_value"]
    assert (await asking.call("PUT", PATH, json={"dkim": None}))["dkim"] is None
    assert await key_of(asking) is None


async def test_a_key_of_ones_own_is_taken_and_nothing_else(asking: Tenant) -> None:
    made = await asking.call("PUT", PATH, json={"dkim": {"selector": "own", "private_key": KEY}})
    assert made["dkim"]["record_value"] == public_record(KEY) and await key_of(asking) == KEY
    for wrong in ("nonsense", KEY.replace("A", "B", 30), public_record(KEY), ""):
        body = {"dkim": {"selector": "own2", "private_key": wrong}}
        answer = await asking.http.put(PATH, json=body)
        assert answer.status_code == 422 and (len(wrong) < 90 or wrong[60:90] not in answer.text)
        assert answer.json()["errors"][0]["field"] == "dkim.private_key"
    for selector in ("", "a b", "-x", "x" * 64, "a..b"):
        body = {"dkim": {"selector": selector}}
        fields = await asking.refused("PUT", PATH, 422, "validation_failed", json=body)
        assert fields == ["dkim.selector"]
    assert await key_of(asking) == KEY


def statuses(answer: Any) -> dict[str, str]:
    return {name: finding["status"] for name, finding in answer["findings"].items()}


async def test_a_check_says_what_dns_says_and_keeps_it(asking: Tenant, dns: DnsServer) -> None:
    made = await asking.call("PUT", PATH, json={"dkim": {"selector": "cadenza1", "private_key": KEY}})
    answer = await asking.call("POST", f"{PATH}/check")
    assert statuses(answer) == dict.fromkeys(("spf", "dkim", "dmarc", "mx"), "missing")
    dns.txt(DOMAIN, "v=spf1 include:provider.example -all")
    dns.txt("provider.example", "v=spf1 ip4:192.0.2.0/24 -all")
    dns.set("smtp.provider.example", "A", "192.0.2.7")
    dns.txt(made["dkim"]["record_name"], made["dkim"]["record_value"])
    dns.txt(f"_dmarc.{DOMAIN}", "v=DMARC1; p=quarantine")
    dns.set(DOMAIN, "MX", "10 mx.provider.example.")
    answer = await asking.call("POST", f"{PATH}/check", json={})
    assert statuses(answer) == dict.fromkeys(("spf", "dkim", "dmarc", "mx"), "pass")
    assert answer["findings"]["spf"]["facts"]["sending_host"] == "pass"
    assert answer["checked_at"] and await asking.call("GET", PATH) == answer
    # Another's key, which is not the one that mail is signed with here.
    dns.txt(f"google._domainkey.{DOMAIN}", public_record(generate_key()))
    answer = await asking.call("POST", f"{PATH}/check", json={"dkim_selector": "google"})
    assert answer["findings"]["dkim"]["status"] == "pass"
    dns.failing = {DOMAIN: SERVFAIL, f"_dmarc.{DOMAIN}": SERVFAIL}
    answer = await asking.call("POST", f"{PATH}/check")
    assert statuses(answer) == {"spf": "unresolved", "dkim": "pass", "dmarc": "unresolved", "mx": "unresolved"}


async def test_without_a_selector_nothing_is_claimed_of_dkim(asking: Tenant) -> None:
    answer = await asking.call("POST", f"{PATH}/check")
    assert answer["findings"]["dkim"]["status"] == "unresolved"
