"""DKIM signatures, verified as a receiver does: with the key from a DNS server."""

import email.policy
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import dkim
import pytest

from mail.compose import Outgoing, compose
from mail.dkim.keys import generate_key, public_record
from mail.dkim.signing import SIGNED, DkimSigner
from tests.dns_server import DnsServer, dns_server

DOMAIN, SELECTOR = "sender.example", "cadenza"
KEY = generate_key()


@pytest.fixture
async def dns() -> AsyncGenerator[DnsServer]:
    async with dns_server() as one:
        one.txt(f"{SELECTOR}._domainkey.{DOMAIN}", public_record(KEY))
        yield one


def composed(**fields: Any) -> bytes:
    values: dict[str, Any] = {
        "from_address": f"sam@{DOMAIN}",
        "from_name": "Sám Sender, Ltd.",
        "to_address": "ada@acme.example",
        "subject": "Grüße, and  two  spaces " + "long " * 40,
        "text": "Hi\n\n.\nbye  \n\n\n",
        "html": "<p>Hi ü</p>",
        "message_id": f"<1@{DOMAIN}>",
        "date": datetime(2026, 11, 2, tzinfo=UTC),
        "thread": [f"<0@{DOMAIN}>"],
        "headers": {
            "List-Unsubscribe": "<https://mail.cadenza.example/u/token>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        **fields,
    }
    return compose(Outgoing(**values))


async def verifies(dns: DnsServer, message: bytes) -> bool:
    """Verifies with dkimpy and the key that the DNS server returns."""
    name = f"{SELECTOR}._domainkey.{DOMAIN}"
    answer = await dns.lookup()(name, "TXT")
    records = getattr(answer, "values", ())

    def found(asked: bytes, timeout: int = 5) -> bytes | None:
        assert asked.decode().rstrip(".") == name
        return records[0].encode() if records else None

    return bool(dkim.verify(message, dnsfunc=found))


def signed(**fields: Any) -> bytes:
    return DkimSigner(DOMAIN, SELECTOR, KEY).sign(composed(**fields))


@pytest.mark.parametrize(
    "fields", [{}, {"html": ""}, {"thread": []}, {"headers": {}}, {"text": "x" * 5000}, {"text": "日本語\n" * 50}]
)
async def test_a_receiver_verifies_a_signed_message(dns: DnsServer, fields: dict[str, Any]) -> None:
    plain = composed(**fields)
    message = DkimSigner(DOMAIN, SELECTOR, KEY).sign(plain)
    assert await verifies(dns, message)
    assert message.endswith(plain), "the message itself is unchanged"
    assert all(len(line) <= 78 for line in message[: -len(plain)].split(b"\r\n"))


async def test_all_important_headers_are_covered_and_a_second_from_is_detected(dns: DnsServer) -> None:
    message = signed()
    parsed = message_from_bytes(message, policy=email.policy.default)
    covered = "".join(str(parsed["DKIM-Signature"]).split()).partition("h=")[2].partition(";")[0].split(":")
    assert covered == ["from", *SIGNED]
    for header in SIGNED:
        start = message.lower().index(f"\r\n{header}:".encode()) + 2
        changed = message[: start + len(header) + 1] + b" altered" + message[start + len(header) + 1 :]
        assert not await verifies(dns, changed), header
    assert not await verifies(dns, message.replace(b"\r\nTo:", b"\r\nFrom: other@evil.example\r\nTo:"))
    assert not await verifies(dns, b"From: other@evil.example\r\n" + message)
    assert not await verifies(dns, message.replace(b"Hi", b"Ho"))
    unsubscribe = message.replace(b"/u/token", b"/u/other")
    assert unsubscribe != message and not await verifies(dns, unsubscribe)


async def test_changes_that_a_relay_may_make_keep_the_signature_valid(dns: DnsServer) -> None:
    message = signed()
    head, _, body = message.partition(b"\r\n\r\n")
    relayed = b"Received: from x by y; Mon, 2 Nov 2026 00:00:00 +0000\r\n" + head.replace(b"\r\nTo: ", b"\r\nTo:   ")
    assert await verifies(dns, relayed + b"\r\n\r\n" + body + b"\r\n\r\n")


async def test_a_signature_is_invalid_without_the_record_or_with_another_key(dns: DnsServer) -> None:
    message = signed()
    dns.txt(f"{SELECTOR}._domainkey.{DOMAIN}", public_record(generate_key()))
    assert not await verifies(dns, message)
    del dns.records[f"{SELECTOR}._domainkey.{DOMAIN}", "TXT"]
    assert not await verifies(dns, message)


def test_invalid_keys_are_refused_and_not_repeated_in_the_error() -> None:
    for pem in ("", "nonsense", KEY.replace("A", "B", 9), public_record(KEY)):
        with pytest.raises(ValueError) as refused:
            DkimSigner(DOMAIN, SELECTOR, pem)
        assert not pem or pem not in str(refused.value)
    assert KEY[100:200] not in repr(DkimSigner(DOMAIN, SELECTOR, KEY))
