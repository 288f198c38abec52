"""A mailbox's inbox over the API: setting it, checking it, watching it, and its status."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.runtime.worker import make_mailbox_worker
from services.access.api_keys import create_key
from services.inbound.inboxes.watcher import InboxWatcher
from services.mailboxes.transports import MailServers
from tests.imap_server import PASSWORD, PATIENT, TestImap, imap_server
from tests.integration.api.client import Tenant, client_of
from tests.integration.api.conftest import SECRETS
from tests.stage import SECRETS as STAGE_SECRETS
from tests.stage import stage as set_up
from workflows.workflow_ids import mailbox_workflow_id


@pytest.fixture
async def imap() -> AsyncGenerator[TestImap]:
    async with imap_server() as one:
        yield one


async def created(tenant: Tenant, imap: TestImap, **changes: Any) -> tuple[str, dict[str, Any]]:
    """Creates a mailbox with an inbox. Returns its path and the inbox settings."""
    server = {"host": "127.0.0.1", "port": imap.port, "security": "none", "username": await imap.account()}
    body = {**server, "password": PASSWORD, **changes}
    made = await tenant.call("POST", "/mailboxes", 201, json={"email": "sam@inbox.example", "imap": body})
    return f"/mailboxes/{made['id']}", body


async def test_folders_are_set_with_the_inbox(tenant: Tenant, imap: TestImap) -> None:
    path, body = await created(tenant, imap)
    assert (await tenant.call("GET", path))["imap"]["folders"] == ["INBOX"]
    without_password = {name: value for name, value in body.items() if name != "password"}
    changed = await tenant.call("PATCH", path, json={"imap": {**without_password, "folders": ["INBOX", "Spam"]}})
    assert changed["imap"] == {**without_password, "folders": ["INBOX", "Spam"], "has_password": True}
    for folders in ([], ["A\r\nB"], [""], ["x"] * 11):
        fields = await tenant.refused(
            "PATCH", path, 422, "validation_failed", json={"imap": {**body, "folders": folders}}
        )
        assert fields[0].startswith("imap.folders")


async def test_the_check_logs_in_and_opens_the_folders(tenant: Tenant, imap: TestImap) -> None:
    path, body = await created(tenant, imap)
    for change, code in (
        ({}, None),
        ({"password": "wrong"}, "inbox_authentication_failed"),
        ({"folders": ["INBOX", "Nowhere"]}, "inbox_folder_missing"),
        ({"port": 1}, "inbox_connection_failed"),
    ):
        await tenant.call("PATCH", path, json={"imap": {**body, **change}})
        answer = await tenant.http.post(f"{path}/check")
        assert PASSWORD not in answer.text and body["username"] not in answer.text
        assert (answer.json()["imap"]["code"], answer.json()["ok"]) == (code, code is None)


async def test_a_mailbox_shows_the_status_of_its_inbox(tenant: Tenant, imap: TestImap) -> None:
    path, body = await created(tenant, imap, password="wrong")
    assert (await tenant.call("GET", path))["inbox"]["status"] == "starting"
    watcher = InboxWatcher(tenant.database, MailServers(SECRETS, allow_private=True), lambda _: None, timeouts=PATIENT)
    mailbox_id = UUID(path.rpartition("/")[2])

    async def watched_until(status: str) -> dict[str, Any]:
        watching = asyncio.create_task(watcher.watch(tenant.id, mailbox_id))
        try:
            async with asyncio.timeout(120):
                while (inbox := (await tenant.call("GET", path))["inbox"])["status"] != status:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        return inbox

    failing = await watched_until("failing")
    assert (failing["error_code"], failing["read_at"]) == ("inbox_authentication_failed", None)
    assert failing["failing_since"] and failing["folders"][0]["error_code"] == "inbox_authentication_failed"
    [notification] = (await tenant.call("GET", "/notifications"))["items"]
    assert notification["kind"] == "inbox"
    await tenant.call("PATCH", path, json={"imap": body | {"password": PASSWORD}})
    watching = await watched_until("watching")
    assert watching["read_at"] and (watching["error_code"], watching["failing_since"]) == (None, None)
    assert (watching["given_up"], watching["failures"]) == (0, [])
    await tenant.call("PATCH", path, json={"imap": None})
    assert (await tenant.call("GET", path))["inbox"] is None


async def test_the_watcher_follows_a_mailbox_that_is_created_changed_and_deleted(
    imap: TestImap, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    async with set_up(migrated_postgres.app_url, temporal_server.address) as stage:

        async def connect() -> Client:
            return stage.client

        config = AppConfig(
            migrated_postgres.app_url, task_queue=stage.task_queue, secrets=STAGE_SECRETS, mail_allow_private=True
        )
        app = create_app(config, connect)
        async with stage.database.write(stage.tenant_id) as session:
            key = (await create_key(session, name="Test", scopes=["admin"])).key
        async with (
            make_mailbox_worker(stage.client, stage.parts, stage.task_queue),
            app.router.lifespan_context(app),
            client_of(app, key) as http,
        ):
            tenant = Tenant(stage.tenant_id, http, stage.database)
            path, body = await created(tenant, imap, password="wrong")

            async def shows(status: str) -> bool:
                return (await tenant.call("GET", path))["inbox"]["status"] == status

            await stage.until(lambda: shows("failing"), "it is watched")
            await tenant.call("PATCH", path, json={"imap": {**body, "password": PASSWORD}})
            await stage.until(lambda: shows("watching"), "it is watched by its new password")
            await tenant.call("DELETE", path, 204)
            mailbox = stage.client.get_workflow_handle(mailbox_workflow_id(stage.tenant_id, path.rpartition("/")[2]))
            assert await asyncio.wait_for(mailbox.result(), 30) == "unwatched"
