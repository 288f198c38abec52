"""The webhook client, against real servers and real name resolution."""

import asyncio
import socket
from typing import Any

import pytest

from domain.webhooks.addresses import WebhookAddressRefused, WebhookFailed, WebhookRedirected
from tests.receiver import receiving
from webhooks.client import MAX_RESPONSE_BYTES, WebhookClient
from webhooks.signing import new_secret

SECRET = new_secret()


async def test_a_request_is_signed_and_contains_no_credentials() -> None:
    async with receiving() as receiver:
        client = WebhookClient(allow_private=True)
        answer = await client.send(receiver.url + "?a=1#fragment", SECRET, "msg_1", '{"name":"Zoë"}')
        await client.aclose()
    [heard] = receiver.heard
    assert (answer.status_code, heard.method, heard.target) == (204, "POST", "/hooks?a=1")
    assert heard.verified(SECRET) == {"name": "Zoë"}
    assert heard.headers["webhook-id"] == "msg_1"
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "authorization" not in heard.headers and "cookie" not in heard.headers


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0"],
)
async def test_private_addresses_are_refused(host: str) -> None:
    async with receiving("0.0.0.0") as receiver:
        client = WebhookClient()
        with pytest.raises(WebhookFailed) as refused:
            await client.send(f"http://{host}:{receiver.port}/", SECRET, "msg_1", "{}")
        assert refused.value.code in ("webhook_address_refused", "webhook_url_invalid")
        with pytest.raises(WebhookAddressRefused):
            await client.send(f"http://{host}:8080/", SECRET, "msg_1", "{}")
        await client.aclose()
    assert receiver.heard == []


async def test_a_name_that_resolves_to_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "hooks.acme.example", ["127.0.0.1"])
    async with receiving() as receiver:
        client = WebhookClient()
        with pytest.raises(WebhookAddressRefused):
            await client.send("http://hooks.acme.example:8080/", SECRET, "msg_1", "{}")
        await client.aclose()
    assert receiver.heard == []


async def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "hooks.acme.example", ["8.8.8.8", "::ffff:10.0.0.1"])
    client = WebhookClient()
    with pytest.raises(WebhookAddressRefused):
        await client.send("https://hooks.acme.example/", SECRET, "msg_1", "{}")
    await client.aclose()


async def test_the_connection_is_opened_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name is resolved once. A second query would return another address."""
    asked = resolve_to(monkeypatch, "hooks.acme.example", ["127.0.0.1"], then=["127.0.0.2"])
    async with receiving() as receiver:
        client = WebhookClient(allow_private=True)
        await client.send(f"http://hooks.acme.example:{receiver.port}/", SECRET, "msg_1", "{}")
        await client.aclose()
    assert asked == ["hooks.acme.example"]
    assert receiver.heard[0].headers["host"] == f"hooks.acme.example:{receiver.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiving() as inside, receiving() as receiver:
        receiver.answers = [(status, {"Location": inside.url})]
        client = WebhookClient(allow_private=True)
        with pytest.raises(WebhookRedirected) as refused:
            await client.send(receiver.url, SECRET, "msg_1", "{}")
        await client.aclose()
    assert (refused.value.code, refused.value.status_code) == ("webhook_redirected", status)
    assert len(receiver.heard) == 1 and inside.heard == []


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
async def test_any_other_status_than_2xx_is_a_failure(status: int) -> None:
    async with receiving() as receiver:
        receiver.answers = [(status, {"Content-Length": "0"})]
        client = WebhookClient(allow_private=True)
        with pytest.raises(WebhookFailed) as failed:
            await client.send(receiver.url, SECRET, "msg_1", "{}")
        await client.aclose()
    assert (failed.value.code, failed.value.status_code) == ("webhook_failed", status)


async def test_a_receiver_that_never_answers_times_out() -> None:
    async with receiving() as receiver:
        receiver.hang = True
        client = WebhookClient(allow_private=True, total_seconds=0.3)
        with pytest.raises(WebhookFailed, match=r"no answer|in time"):
            await client.send(receiver.url, SECRET, "msg_1", "{}")
        await client.aclose()
    assert len(receiver.heard) == 1


async def test_only_the_beginning_of_an_endless_answer_is_read() -> None:
    async with receiving() as receiver:
        receiver.answers, receiver.flood = [(200, {})], True
        client = WebhookClient(allow_private=True)
        async with asyncio.timeout(10):
            answer = await client.send(receiver.url, SECRET, "msg_1", "{}")
        await client.aclose()
        receiver.flood = False
    assert (answer.status_code, MAX_RESPONSE_BYTES) == (200, 65536)


async def test_a_receiver_that_is_down_or_unknown_is_a_failure() -> None:
    client = WebhookClient(allow_private=True)
    for url in ("http://127.0.0.1:1/", "http://no-such-name.invalid/"):
        with pytest.raises(WebhookFailed) as failed:
            await client.send(url, SECRET, "msg_1", "{}")
        assert failed.value.code == "webhook_failed"
        assert "no-such-name" not in failed.value.detail
    await client.aclose()


def resolve_to(
    monkeypatch: pytest.MonkeyPatch, host: str, addresses: list[str], then: list[str] | None = None
) -> list[str]:
    """Makes the system's resolver return `addresses` for this name, and `then` from the second query on. Returns the
    list to which each query is appended."""
    real = socket.getaddrinfo
    asked: list[str] = []

    def answer(name: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if name != host:
            return real(name, port, *args, **kwargs)
        found = then if asked and then is not None else addresses
        asked.append(name)
        return [entry for address in found for entry in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked
