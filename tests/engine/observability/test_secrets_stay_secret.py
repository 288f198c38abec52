"""A mailbox's password and a domain's key appear in no log, response, history or row, whatever goes wrong."""

import base64
import logging
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from mail.dkim.keys import generate_key
from services.access.api_keys import create_key
from tests.integration.api.client import client_of
from tests.integration.api.conftest import temporal_is_away
from tests.integration.smtp_servers import Account, loopback_tls, scripted, sink, trusting_loopback
from tests.stage import SECRETS, Stage

USER, PASSWORD = "sam@sender.example", "correct horse battery staple"
KEY = generate_key()
EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi"}}


def forms() -> list[str]:
    """The secrets, and the forms in which a server or a library might write them."""
    plain = [PASSWORD, f"\0{USER}\0{PASSWORD}"]
    lines = KEY.splitlines()[1:-1]
    return [PASSWORD, *(base64.b64encode(one.encode()).decode().rstrip("=") for one in plain), *lines]


def found_in(written: str | bytes) -> list[str]:
    text = written if isinstance(written, bytes) else written.encode()
    return [one for one in forms() if one.encode() in text]


@pytest.fixture
async def http(stage: Stage, migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[httpx.AsyncClient]:
    """Yields a client of the API for the stage's tenant."""
    config = AppConfig(
        migrated_postgres.app_url, secrets=SECRETS, mail_allow_private=True, mail_tls=trusting_loopback()
    )
    app = create_app(config, temporal_is_away)
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["admin"])).key
    async with app.router.lifespan_context(app), client_of(app, key) as one:
        yield one


async def set_server(http: httpx.AsyncClient, port: int, security: str) -> str:
    [mailbox] = (await http.get("/mailboxes")).json()["items"]
    server = {"host": "127.0.0.1", "port": port, "security": security, "username": USER, "password": PASSWORD}
    inbox = {**server, "port": 1, "security": "tls"}
    answer = await http.patch(f"/mailboxes/{mailbox['id']}", json={"smtp": server, "imap": inbox})
    assert answer.status_code == 200, answer.text
    return mailbox["id"]


async def texts_about(
    stage: Stage, http: httpx.AsyncClient, mailbox: str, enrollment: Any, lead: Any
) -> dict[str, str]:
    """Returns every text about it that a person may read, by the place where it stands."""
    paths = [
        *("/mailboxes", f"/mailboxes/{mailbox}", "/sender-domains", "/sender-domains/sender.example", "/notifications"),
        *(f"/leads/{lead}/sequence-state", f"/leads/{lead}/timeline", f"/enrollments/{enrollment}/explain"),
    ]
    written = {path: (await http.get(path)).text for path in paths}
    written["check"] = (await http.post(f"/mailboxes/{mailbox}/check")).text
    tables = await stage.query(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public'"
        " AND relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT') AND relname <> 'alembic_version'"
    )
    for table in tables:
        rows = await stage.query(f"SELECT to_jsonb(t)::text AS row FROM {table.relname} t")
        written[table.relname] = "\n".join(row.row for row in rows)
    assert len(tables) > 20 and mailbox in written["mailboxes"]
    return written


async def test_secrets_appear_nowhere(stage: Stage, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await http.put("/sender-domains/sender.example", json={"dkim": {"selector": "s1", "private_key": KEY}})
    assert answer.status_code == 200 and not found_in(answer.text)
    sequence = await stage.sequence([EMAIL])
    sam = Account(USER, PASSWORD)
    async with sink(authenticator=sam, auth_required=True, tls_context=loopback_tls(), require_starttls=True) as good:
        await set_server(http, good.port, "starttls")
        (sent,) = await stage.enroll(sequence, await stage.lead())
        await stage.until_status(sent, "completed")
        assert sam.tried == [(USER, PASSWORD)] and b"DKIM-Signature" in good.taken[0]
    # A server that refuses and repeats what it received.
    repeats = f"535 5.7.8 {PASSWORD} {base64.b64encode(f'{chr(0)}{USER}{chr(0)}{PASSWORD}'.encode()).decode()} is wrong"
    async with scripted(EHLO="250-fine\r\n250 AUTH PLAIN", AUTH=repeats) as bad:
        mailbox = await set_server(http, bad.port, "none")
        lead = await stage.lead()
        (refused,) = await stage.enroll(sequence, lead)

        async def told() -> bool:
            return "authentication_failed" in ((await stage.state(refused)).error or "")

        await stage.until(told, "the enrollment shows the error")
        written = await texts_about(stage, http, mailbox, refused, lead)
        await stage.stop(lead)
        await stage.until_status(refused, "stopped")
    assert [where for where, text in written.items() if found_in(text)] == []
    for enrollment in (sent, refused):
        history = await stage.handle(enrollment).fetch_history()
        assert [event.event_id for event in history.events if found_in(event.SerializeToString())] == []
    assert "authentication_failed" in caplog.text and found_in(caplog.text) == []
    # Shows that the test can fail: it recognises the secrets where they do appear.
    assert set(found_in(repeats)) == {PASSWORD, forms()[2]} and found_in(KEY)
