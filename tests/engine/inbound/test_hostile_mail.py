"""A lead with hostile data goes through the whole app; the test reads the mail as it was sent."""

from email.message import EmailMessage
from typing import Any

from tests.stage import Stage


async def test_hostile_lead_data_is_harmless_in_sent_mail(stage: Stage) -> None:
    """Reads captured mail: the lead's data appears as text, and nothing in it takes effect."""
    step = {
        "key": "intro",
        "type": "email",
        "config": {
            "subject": "For {{ first_name }} of {{ company }}",
            "body_text": "Hi {{ first_name }} at {{ title }}",
            "body_html": '<p title="{{ title }}">Hi {{ first_name }} at {{ company }}</p>'
            '<a href="{{ phone }}">Your site</a><a href="https://acme.example/{{ last_name }}">Ours</a>',
        },
    }
    lead = await stage.lead(
        first_name="{{ 6 | times: 7 }}{% raw %}",
        last_name='"onclick="x"@evil.example/?a=b',
        company="Acme\r\nBcc: victim@evil.example\r\n\r\n<script>alert(1)</script>",
        title='"><img src=x onerror=alert(1)>',
        phone="JavaScript:alert(document.cookie)",
    )
    await stage.enroll(await stage.sequence([step]), lead)
    await stage.until_sent(1)
    [received] = stage.sink.received
    message = received.message
    assert received.to == (await stage.lead_row(lead)).email and message["Bcc"] is None and message["Cc"] is None
    assert message["Subject"] == (
        "For {{ 6 | times: 7 }}{% raw %} of Acme Bcc: victim@evil.example <script>alert(1)</script>"
    )
    plain, html = _part(message, "plain"), _part(message, "html")
    assert plain.startswith('Hi {{ 6 | times: 7 }}{% raw %} at "><img src=x onerror=alert(1)>')
    assert "{{ 6 | times: 7 }}{% raw %}" in html
    assert "<script" not in html and "onerror=alert(1)>" not in html and "&lt;script&gt;" in html
    assert "javascript" not in html.lower() and '<a href="#">Your site</a>' in html
    assert "onclick=" not in html


def _part(message: EmailMessage, subtype: Any) -> str:
    part = message.get_body(preferencelist=(subtype,))
    assert part is not None
    return part.get_content()
