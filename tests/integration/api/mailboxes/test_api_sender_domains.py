"""Sender domains over the API: DKIM keys, and the answers of a real DNS server."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.app_context import AppContext
from db.session import Database
from mail.dkim.keys import generate_key, public_record
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
async def dns_tenant(app: FastAPI, database: Database, dns: DnsServer) -> AsyncGenerator[Tenant]:
    """A tenant with a mailbox of DOMAIN, of an API that uses that DNS server."""
    running: AppContext = app.state.context
    one = create_app(replace(running.config, dns=dns.lookup()), temporal_is_away)
    async with one.router.lifespan_context(one), new_tenant(one, database) as tenant:
        smtp = {"host": "smtp.provider.example", "port": 587}
        await tenant.call("POST", "/mailboxes", 201, json={"email": f"sam@{DOMAIN}", "smtp": smtp})
        yield tenant


async def key_of(tenant: Tenant) -> str | None:
    [row] = await tenant.query("SELECT dkim_private_key FROM sender_domains")
    return row.dkim_private_key and SECRETS.open(row.dkim_private_key)


async def test_domains_of_mailboxes_are_listed(dns_tenant: Tenant) -> None:
    await dns_tenant.call("POST", "/mailboxes", 201, json={"email": f"kim@{DOMAIN}"})
    other = await dns_tenant.call("POST", "/mailboxes", 201, json={"email": "kim@other.example"})
    domains = [one["domain"] for one in (await dns_tenant.call("GET", "/sender-domains"))["items"]]
    assert domains == ["other.example", DOMAIN]
    page = await dns_tenant.call("GET", "/sender-domains?limit=1")
    rest = await dns_tenant.call("GET", f"/sender-domains?cursor={page['next_cursor']}")
    assert [one["domain"] for one in rest["items"]] == [DOMAIN]
    await dns_tenant.call("PATCH", f"/mailboxes/{other['id']}", json={"email": "kim@third.example"})
    assert (await dns_tenant.call("GET", "/sender-domains/Third.Example"))["findings"] is None
    for method, path, body in (("GET", "", None), ("PUT", "", {"dkim": None}), ("POST", "/check", {})):
        await dns_tenant.refused(method, f"/sender-domains/unknown.example{path}", 404, "not_found", json=body)


async def test_a_dkim_key_is_created_kept_and_deleted(dns_tenant: Tenant) -> None:
    made = await dns_tenant.call("PUT", PATH, json={"dkim": {"selector": "Cadenza1"}})
    key = await key_of(dns_tenant)
    assert key is not None and made["dkim"] == {
        "selector": "cadenza1",
        "record_name": f"cadenza1._domainkey.{DOMAIN}",
        "record_value": public_record(key),
    }
    assert "PRIVATE" not in str(made) and "PRIVATE" not in str(await dns_tenant.query("SELECT * FROM sender_domains"))
    again = await dns_tenant.call("PUT", PATH, json={"dkim": {"selector": "cadenza1"}})
    assert again["dkim"] == made["dkim"] and await key_of(dns_tenant) == key
    other = await dns_tenant.call("PUT", PATH, json={"dkim": {"selector": "cadenza2"}})
    assert other["dkim"]["record_value"] != made["dkim"]["record_value"]
    assert (await dns_tenant.call("PUT", PATH, json={"dkim": None}))["dkim"] is None
    assert await key_of(dns_tenant) is None


async def test_a_given_dkim_key_must_be_valid(dns_tenant: Tenant) -> None:
    made = await dns_tenant.call("PUT", PATH, json={"dkim": {"selector": "own", "private_key": KEY}})
    assert made["dkim"]["record_value"] == public_record(KEY) and await key_of(dns_tenant) == KEY
    for wrong in ("nonsense", KEY.replace("A", "B", 30), public_record(KEY), ""):
        body = {"dkim": {"selector": "own2", "private_key": wrong}}
        answer = await dns_tenant.http.put(PATH, json=body)
        assert answer.status_code == 422 and (len(wrong) < 90 or wrong[60:90] not in answer.text)
        assert answer.json()["errors"][0]["field"] == "dkim.private_key"
    for selector in ("", "a b", "-x", "x" * 64, "a..b"):
        body = {"dkim": {"selector": selector}}
        fields = await dns_tenant.refused("PUT", PATH, 422, "validation_failed", json=body)
        assert fields == ["dkim.selector"]
    assert await key_of(dns_tenant) == KEY


def statuses(answer: Any) -> dict[str, str]:
    return {name: finding["status"] for name, finding in answer["findings"].items()}


async def test_a_check_stores_what_dns_answers(dns_tenant: Tenant, dns: DnsServer) -> None:
    made = await dns_tenant.call("PUT", PATH, json={"dkim": {"selector": "cadenza1", "private_key": KEY}})
    answer = await dns_tenant.call("POST", f"{PATH}/check")
    assert statuses(answer) == dict.fromkeys(("spf", "dkim", "dmarc", "mx"), "missing")
    dns.txt(DOMAIN, "v=spf1 include:provider.example -all")
    dns.txt("provider.example", "v=spf1 ip4:192.0.2.0/24 -all")
    dns.set("smtp.provider.example", "A", "192.0.2.7")
    dns.txt(made["dkim"]["record_name"], made["dkim"]["record_value"])
    dns.txt(f"_dmarc.{DOMAIN}", "v=DMARC1; p=quarantine")
    dns.set(DOMAIN, "MX", "10 mx.provider.example.")
    answer = await dns_tenant.call("POST", f"{PATH}/check", json={})
    assert statuses(answer) == dict.fromkeys(("spf", "dkim", "dmarc", "mx"), "pass")
    assert answer["findings"]["spf"]["facts"]["sending_host"] == "pass"
    assert answer["checked_at"] and await dns_tenant.call("GET", PATH) == answer
    # A key of another sender, which is not the one that signs mail here.
    dns.txt(f"google._domainkey.{DOMAIN}", public_record(generate_key()))
    answer = await dns_tenant.call("POST", f"{PATH}/check", json={"dkim_selector": "google"})
    assert answer["findings"]["dkim"]["status"] == "pass"
    dns.failing = {DOMAIN: SERVFAIL, f"_dmarc.{DOMAIN}": SERVFAIL}
    answer = await dns_tenant.call("POST", f"{PATH}/check")
    assert statuses(answer) == {"spf": "unresolved", "dkim": "pass", "dmarc": "unresolved", "mx": "unresolved"}


async def test_without_a_selector_dkim_is_unresolved(dns_tenant: Tenant) -> None:
    answer = await dns_tenant.call("POST", f"{PATH}/check")
    assert answer["findings"]["dkim"]["status"] == "unresolved"
