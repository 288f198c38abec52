"""Mail of a domain that has a key leaves signed; one whose key cannot be opened does not leave."""

from mail.dkim.keys import generate_key, public_record
from services.secret_box import SecretBox, new_key
from tests.dns_server import dns_server
from tests.integration.mailboxes.test_dkim import verifies
from tests.stage import SECRETS, Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi", "body_html": "<p>Hi</p>"}}


async def sign_with(stage: Stage, key: str, secrets: SecretBox = SECRETS) -> None:
    await stage.query_write(
        "UPDATE sender_domains SET dkim_selector = 'cadenza', dkim_record = :record, dkim_private_key = :key",
        record=public_record(key),
        key=secrets.seal(key),
    )


async def test_a_captured_message_verifies_with_the_key_in_dns_and_not_once_it_is_altered(stage: Stage) -> None:
    key = generate_key()
    await sign_with(stage, key)
    await stage.enroll(await stage.sequence([EMAIL]), await stage.lead())
    await stage.until_sent(1)
    raw = stage.sink.received[0].raw
    async with dns_server() as dns:
        dns.txt("cadenza._domainkey.sender.example", public_record(key))
        assert await verifies(dns, raw)
        for header in (b"List-Unsubscribe: <", b"List-Unsubscribe-Post: "):
            assert raw.count(header) == 1
            assert not await verifies(dns, raw.replace(header, header + b"x"))


async def test_mail_does_not_leave_unsigned_when_its_key_cannot_be_opened(stage: Stage) -> None:
    await sign_with(stage, generate_key(), SecretBox([new_key()]))
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([EMAIL]), lead)
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("secret_unreadable: ") and stage.sink.received == []
    await stage.query_write(
        "UPDATE sender_domains SET dkim_selector = NULL, dkim_record = NULL, dkim_private_key = NULL"
    )
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert b"DKIM-Signature" not in stage.sink.received[0].raw
