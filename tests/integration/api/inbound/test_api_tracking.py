"""The links in mail: an image, a redirect, a page. They need no key and cannot be forged."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from mail.links import Links, MessageLinks
from tests.integration.api.client import Tenant, client_of
from tests.integration.api.conftest import SIGNING_KEY, temporal_is_away
from tests.integration.api.inbound.inbound_mail import create_mailed_lead

PUBLIC = "http://api.test"
TARGET = "https://acme.example/pricing?a=1&b=%20x#c"
ONE_CLICK = {"data": {"List-Unsubscribe": "One-Click"}}
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


async def message_of(tenant: Tenant, sent: timedelta = timedelta(hours=1)) -> tuple[str, MessageLinks]:
    """Creates a lead with a message that was sent `sent` ago. Returns the lead's ID and the message's links."""
    lead_id, _, message_id = await create_mailed_lead(tenant)
    [row] = await tenant.query("SELECT id FROM messages WHERE rfc_message_id = :m", m=message_id)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE messages SET sent_at = now() - CAST(:ago AS interval)"), {"ago": sent})
    return lead_id, Links(PUBLIC, SIGNING_KEY).of(tenant.id, row.id)


async def events(tenant: Tenant) -> list[tuple[str, bool]]:
    return [(row.type, row.machine) for row in await tenant.query("SELECT * FROM lead_engagement ORDER BY id")]


async def test_the_image_records_an_open(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        answer = await http.get(links.pixel, headers=BROWSER)
        again = await http.get(links.pixel, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a") and answer.content == again.content
    assert "no-store" in answer.headers["cache-control"]
    assert set(await events(tenant)) == {("open", False)}
    assert (await tenant.state(lead_id))["emails_opened"] == 1


async def test_a_link_records_a_click_and_redirects_to_its_target(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        answer = await http.get(links.click(TARGET), headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert (await tenant.state(lead_id))["emails_clicked"] == 1
    [row] = await tenant.query("SELECT detail FROM lead_engagement WHERE type = 'click'")
    assert row.detail == {"url": TARGET}


async def test_a_get_of_the_page_changes_nothing_and_a_post_unsubscribes(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        page = await http.get(links.unsubscribe, headers=BROWSER)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert '<form method="post">' in page.text and 'lang="en"' in page.text
        # Somebody to whom the email was forwarded learns no address; its owner recognises the masked one.
        assert "a•••@a•••.example" in page.text and "acme" not in page.text
        assert (page.headers["referrer-policy"], page.headers["x-robots-tag"]) == ("no-referrer", "noindex, nofollow")
        assert "set-cookie" not in page.headers and "default-src 'none'" in page.headers["content-security-policy"]
        assert await events(tenant) == []
        for _ in range(2):
            done = await http.post(links.unsubscribe, **ONE_CLICK)
            assert (done.status_code, done.has_redirect_location, "set-cookie" in done.headers) == (200, False, False)
    assert await events(tenant) == [("unsubscribe", False)]
    state = await tenant.state(lead_id)
    assert (state["status"], state["stop_reason"]) == ("stopped", "unsubscribed")
    assert (await tenant.call("GET", f"/leads/{lead_id}"))["status"] == "unsubscribed"
    assert len((await tenant.call("GET", "/suppressions?kind=address"))["items"]) == 1


async def test_a_post_without_a_body_unsubscribes_too(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        assert (await http.post(links.unsubscribe)).status_code == 200
    assert (await tenant.state(lead_id))["stop_reason"] == "unsubscribed"


async def test_a_head_request_counts_as_a_machines(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        answers = [await http.head(url) for url in (links.pixel, links.click(TARGET), links.unsubscribe)]
    assert [one.status_code for one in answers] == [200, 302, 200]
    assert [one.content for one in answers[1:2]] == [b""] and answers[1].headers["location"] == TARGET
    assert await events(tenant) == [("open", True), ("click", True)]  # stored as made by a machine
    state = await tenant.state(lead_id)
    assert (state["status"], state["emails_opened"], state["emails_clicked"]) == ("pending", 0, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "Barracuda Sentinel (EE)"},
        {**BROWSER, "Sec-Purpose": "prefetch;prerender"},
        {**BROWSER, "X-Moz": "prefetch"},
    ],
)
async def test_machine_events_are_stored_and_not_counted(app: FastAPI, tenant: Tenant, headers: dict[str, str]) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        await http.get(links.pixel, headers=headers)
        await http.get(links.click(TARGET), headers=headers)
    assert await events(tenant) == [("open", True), ("click", True)]
    state = await tenant.state(lead_id)
    assert (state["emails_opened"], state["emails_clicked"]) == (0, 0)


async def test_a_persons_open_counts_after_a_machines(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with client_of(app, None) as http:
        await http.get(links.pixel, headers={"User-Agent": "Mozilla/5.0"})
        await http.get(links.pixel, headers=BROWSER)
    assert await events(tenant) == [("open", True), ("open", False)]
    assert (await tenant.state(lead_id))["emails_opened"] == 1


async def test_forged_tokens_record_nothing_and_lead_nowhere(app: FastAPI, tenant: Tenant) -> None:
    _, links = await message_of(tenant)
    forged = Links(PUBLIC, "another key than that of this installation").of(tenant.id, links.message_id)
    token = links.unsubscribe.rpartition("/")[2]
    async with client_of(app, None) as http:
        for url in (forged.pixel, f"/t/o/{token}.gif", "/t/o/x.gif", "/t/o/%00.gif", f"/t/o/{'x' * 6000}.gif"):
            assert (await http.get(url)).headers["content-type"] == "image/gif", url
        assert (await http.get("/t/c/https%3A%2F%2Fevil.example")).status_code == 404
        for url in (forged.click(TARGET), f"/t/c/{token}", "/t/c/evil.example"):
            answer = await http.get(url)
            assert (answer.status_code, "location" in answer.headers) == (404, False), url
            assert answer.headers["content-type"] == "text/html; charset=utf-8", url
        opens = links.pixel.rpartition("/")[2].removesuffix(".gif")
        for url in (forged.unsubscribe, f"/u/{opens}", "/u/x", f"/u/{token[:-1]}", f"/u/{token}A"):
            for method in ("GET", "POST"):
                answer = await http.request(method, url)
                assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), url
    assert await events(tenant) == []


async def test_a_token_cannot_reach_another_tenants_message(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    """Even a token with the installation's own key cannot combine one tenant with another tenant's message."""
    _, links = await message_of(tenant)
    crossed = Links(PUBLIC, SIGNING_KEY).of(stranger.id, links.message_id)
    async with client_of(app, None) as http:
        assert (await http.get(crossed.pixel, headers=BROWSER)).status_code == 200
        assert (await http.get(crossed.click(TARGET), headers=BROWSER)).status_code == 302
        assert (await http.get(crossed.unsubscribe)).status_code == 404
        assert (await http.post(crossed.unsubscribe)).status_code == 404
    assert await events(tenant) == await events(stranger) == []


async def test_links_of_unsent_and_erased_messages_do_nothing(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    unknown = Links(PUBLIC, SIGNING_KEY).of(tenant.id, uuid4())
    nobody = Links(PUBLIC, SIGNING_KEY).of(UUID(int=0), uuid4())
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE messages SET status = 'withdrawn'"))
    async with client_of(app, None) as http:
        for one in (links, unknown, nobody):
            assert (await http.get(one.pixel, headers=BROWSER)).status_code == 200
            # Nothing was unsubscribed, so the answer must not say so.
            assert (await http.post(one.unsubscribe)).status_code == 404
    assert await events(tenant) == []
    assert (await tenant.state(lead_id))["status"] == "pending"


async def test_without_a_signing_key_links_are_unknown(migrated_postgres: EmbeddedPostgres, tenant: Tenant) -> None:
    _, links = await message_of(tenant)
    app = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with app.router.lifespan_context(app), client_of(app, None) as http:
        assert (await http.get(links.pixel)).status_code == 200
        assert (await http.post(links.unsubscribe)).status_code == 404
    assert await events(tenant) == []


async def test_links_that_mail_programs_changed_still_work(app: FastAPI, tenant: Tenant) -> None:
    """Mail programs add tracking parameters, escapes, or the end of a sentence. A link that cannot be repaired gives
    404, never an internal error."""
    _, links = await message_of(tenant)
    path = links.click(TARGET).removeprefix(PUBLIC)
    escaped = path.replace("-", "%2D").replace("_", "%5F")
    mended = [
        f"{path}?utm_source=x&fbclid=y",
        escaped,
        f"{path}.",
        f"{path})",
        f"{path}%3E",
        f"{path}%22,",
        f"{path}%20",
    ]
    broken = [path.lower(), path.upper(), path.replace("/t/c/", "/t/c/="), path[:-3], f"{path}%0d%0aSet-Cookie:x=1"]
    async with client_of(app, None) as http:
        for url in mended:
            answer = await http.get(url, headers=BROWSER)
            assert (answer.status_code, answer.headers.get("location")) == (302, TARGET), url
        for url in broken:
            answer = await http.get(url, headers=BROWSER)
            assert (answer.status_code, answer.headers.get("location")) == (404, None), url
        sentence = links.unsubscribe + "."
        assert (await http.post(sentence)).status_code == 200
    assert [kind for kind, _ in await events(tenant)] == ["open", "click", "unsubscribe"]


async def test_every_key_of_the_ring_verifies_links(migrated_postgres: EmbeddedPostgres, tenant: Tenant) -> None:
    """An unsubscribe link of an old mail works after the key was rotated, as long as the old key is in the ring."""
    lead_id, links = await message_of(tenant)
    newest = "the key that signs from this day on"
    config = AppConfig(migrated_postgres.app_url, signing_key=f"{newest}, {SIGNING_KEY}")
    app = create_app(config, temporal_is_away)
    async with app.router.lifespan_context(app), client_of(app, None) as http:
        for signed in (links, Links(PUBLIC, newest).of(tenant.id, links.message_id)):
            assert (await http.get(signed.click(TARGET), headers=BROWSER)).status_code == 302
        assert (await http.post(links.unsubscribe)).status_code == 200
    assert (await tenant.state(lead_id))["stop_reason"] == "unsubscribed"
    gone = create_app(AppConfig(migrated_postgres.app_url, signing_key=newest), temporal_is_away)
    async with gone.router.lifespan_context(gone), client_of(gone, None) as http:
        assert (await http.get(links.click(TARGET), headers=BROWSER)).status_code == 404


async def test_unsubscribing_works_after_mailbox_and_sequence_are_gone(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    [enrollment] = (await tenant.call("GET", f"/leads/{lead_id}/sequence-state"))["enrollments"]
    [mailbox] = (await tenant.call("GET", "/mailboxes"))["items"]
    await tenant.call("PUT", f"/sequences/{enrollment['sequence_id']}", json={"status": "archived"})
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence")
    await tenant.call("DELETE", f"/mailboxes/{mailbox['id']}", 204)
    async with client_of(app, None) as http:
        assert (
            (await http.head(links.unsubscribe)).status_code == (await http.get(links.unsubscribe)).status_code == 200
        )
        assert await tenant.query("SELECT 1 FROM suppressions") == []
        # Also as multipart/form-data, the other encoding that RFC 8058 (section 3.2) allows.
        done = await http.post(links.unsubscribe, files={"List-Unsubscribe": (None, "One-Click")})
    assert (done.status_code, done.has_redirect_location, "set-cookie" in done.headers) == (200, False, False)
    lead = await tenant.call("GET", f"/leads/{lead_id}")
    assert lead["status"] == "unsubscribed"
    assert [row.value for row in await tenant.query("SELECT value FROM suppressions")] == [lead["email"]]
