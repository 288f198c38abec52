"""`POST /mailboxes/{id}/check`: what the mailbox's servers really answer."""

from typing import Any

from tests.integration.api.client import Tenant
from tests.integration.smtp_servers import Account, loopback_tls, sink

PASSWORD = "correct horse battery staple"
SAM = Account("sam@sender.example", PASSWORD)


async def checked(tenant: Tenant, port: int, **change: Any) -> Any:
    server = {"host": "127.0.0.1", "port": port, "username": SAM.username, "password": PASSWORD, **change}
    [mailbox] = (await tenant.call("GET", "/mailboxes"))["items"] or [None]
    if mailbox is None:
        mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": SAM.username, "smtp": server})
    else:
        await tenant.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"smtp": server})
    answer = await tenant.http.post(f"/mailboxes/{mailbox['id']}/check")
    assert answer.status_code == 200 and PASSWORD not in answer.text
    return answer.json()


async def test_a_check_logs_in_and_sends_nothing(tenant: Tenant) -> None:
    async with sink(authenticator=SAM, auth_required=True, tls_context=loopback_tls(), require_starttls=True) as server:
        answer = await checked(tenant, server.port)
        assert (answer["ok"], answer["imap"]) == (True, None)
        assert (answer["smtp"]["ok"], answer["smtp"]["code"], answer["smtp"]["detail"]) == (True, None, None)
        assert SAM.tried[-1] == (SAM.username, PASSWORD) and server.taken == []
        answer = await checked(tenant, server.port, password="wrong horse")
        assert (answer["ok"], answer["smtp"]["code"]) == (False, "authentication_failed")
        assert "535" in answer["smtp"]["detail"] and "wrong horse" not in str(answer)
        answer = await checked(tenant, server.port, security="tls")
        assert (answer["ok"], answer["smtp"]["code"]) == (False, "mail_tls_failed")
    answer = await checked(tenant, server.port)
    assert (answer["ok"], answer["smtp"]["code"]) == (False, "connection_failed")


async def test_a_mailbox_without_servers_has_nothing_to_check(tenant: Tenant) -> None:
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": SAM.username})
    answer = await tenant.call("POST", f"/mailboxes/{mailbox['id']}/check")
    assert answer == {"ok": True, "smtp": None, "imap": None}


async def test_a_check_reports_a_password_with_a_lost_key(tenant: Tenant) -> None:
    async with sink() as server:
        await checked(tenant, server.port)
    async with tenant.database.write(tenant.id) as session:
        from_another_key = "UPDATE mailboxes SET smtp_password = 'gAAAAA'"
        await (await session.connection()).exec_driver_sql(from_another_key)
    [mailbox] = (await tenant.call("GET", "/mailboxes"))["items"]
    answer = await tenant.call("POST", f"/mailboxes/{mailbox['id']}/check")
    assert answer["smtp"]["code"] == "secret_unreadable"
