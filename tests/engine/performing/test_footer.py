"""Every email carries the tenant's postal address and an unsubscribe link, or is not sent."""

from typing import Any

import pytest

from domain.errors import SequenceInvalid
from services.sequences.versions import publish_edits
from tests.stage import LINKS, Stage

ADDRESS = "1 Main Street, Springfield"


def step(**config: Any) -> dict[str, Any]:
    return {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}", **config}}


async def parts(stage: Stage, *steps: dict[str, Any], **settings: Any) -> tuple[str, ...]:
    """Returns the text and the HTML of the one message that was sent."""
    sequence = await stage.sequence(steps, **settings)
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    await stage.until_status(enrollment, "completed")
    [received] = stage.sink.received
    text, html = received.message.get_body(("plain",)), received.message.get_body(("html",))
    return tuple(one.get_content().replace("\r\n", "\n") if one else "" for one in (text, html))


async def test_both_parts_end_with_the_footer_and_its_link_is_not_tracked(stage: Stage) -> None:
    text, html = await parts(stage, step(body_html="<body><p>Hi {{name}}</p></body>"))
    assert text.startswith("Hi Ada Lovelace") and f"\n{ADDRESS}\nUnsubscribe: {LINKS.public_url}/u/" in text
    assert html.count(ADDRESS) == 1 and html.count(f'href="{LINKS.public_url}/u/') == 1
    assert "/t/c/" not in html and html.index(ADDRESS) < html.index("</body>")


async def test_a_template_with_its_own_footer_gets_no_second_one(stage: Stage) -> None:
    own = "Hi\n{{ sender.postal_address }}\nStop: {{ unsubscribe_url }}"
    text, html = await parts(stage, step(body_text=own, body_html="<p>{{ unsubscribe_url }}</p>"))
    assert text.count(ADDRESS) == text.count("/u/") == html.count("/u/") == html.count(ADDRESS) == 1
    assert "Unsubscribe" not in text + html


async def test_a_text_made_from_html_has_the_footer_once(stage: Stage) -> None:
    text, _ = await parts(stage, step(body_text="", body_html="<p>Hi</p>"))
    assert text.count(ADDRESS) == text.count("/u/") == 1


async def test_a_sequence_needs_a_postal_address_to_be_activated_or_published(stage: Stage) -> None:
    sequence = await stage.sequence([step()])
    await stage.query_write("UPDATE tenants SET postal_address = ' '")
    with pytest.raises(SequenceInvalid) as refused:
        await stage.sequence([step()])
    assert [(one.field, one.code) for one in refused.value.errors] == [("postal_address", "postal_address_missing")]
    with pytest.raises(SequenceInvalid):
        await stage.command(lambda session: publish_edits(session, sequence, dry_run=False))
    # A sequence without emails needs no postal address.
    await stage.sequence([{"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["x"]}}])


async def test_removing_the_postal_address_holds_emails_until_there_is_one(stage: Stage) -> None:
    sequence, lead = await stage.sequence([step()]), await stage.lead()
    await stage.query_write("UPDATE tenants SET postal_address = ''")
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("postal_address_missing: ") and stage.sink.received == []
    await stage.query_write("UPDATE tenants SET postal_address = '2 New Street'")
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert b"2 New Street" in stage.sink.received[0].raw
