"""The footer: there once, in each part, whatever the message looks like."""

from domain.engine.footer import Footer
from mail.html.text import html_to_text

URL = "https://mail.cadenza.example/u/token"
FOOTER = Footer("Acme GmbH & Co.\r\n1 Main Street\n\n10115 Berlin ", URL)
ADDRESS = ("Acme GmbH & Co.", "1 Main Street", "10115 Berlin")


def test_text_gets_the_address_and_the_link_below_it() -> None:
    expected = f"Hi Ada\n\nAcme GmbH & Co.\n1 Main Street\n10115 Berlin\nUnsubscribe: {URL}\n"
    assert FOOTER.in_text("Hi Ada\n\n\n") == expected
    assert FOOTER.in_text("Hi Ada") == expected


def test_html_gets_it_at_the_end_of_its_body_and_escaped() -> None:
    html = "<html><!-- </body> --><body><p>Hi</p></BODY ></html>"
    made = FOOTER.in_html(html)
    assert made.startswith("<html><!-- </body> --><body><p>Hi</p><div style=") and made.endswith(
        "</div></BODY ></html>"
    )
    assert "Acme GmbH &amp; Co.<br>1 Main Street<br>10115 Berlin<br><a href=" in made
    assert html_to_text(made).endswith(f"Unsubscribe ({URL})")
    assert FOOTER.in_html("<p>Hi</p></html>").endswith("</div></html>")
    assert FOOTER.in_html("<p>Hi</p>").endswith("</div>")
    assert FOOTER.in_html(" ") == " "


def test_what_the_message_says_already_is_not_said_twice() -> None:
    text = f"Hi\n\n{', '.join(ADDRESS)}\nNo more? {URL}"
    assert FOOTER.in_text(text) == text
    html = f'<p>Acme GmbH &amp; Co.<br>1 Main Street<br>10115 Berlin</p><a href="{URL}">Stop</a>'
    assert FOOTER.in_html(html) == html
    # And only what is missing is added.
    assert FOOTER.in_text(f"No more? {URL}") == f"No more? {URL}\n\n" + "\n".join(ADDRESS) + "\n"
    added = FOOTER.in_html(f'<a href="{URL}">Stop</a>')
    assert added.count(URL) == 1 and "1 Main Street" in added
    added = FOOTER.in_html("<p>Acme GmbH &amp; Co.<br>1 Main Street<br>10115 Berlin</p>")
    assert added.count("Main Street") == 1 and added.count(URL) == 1


def test_an_address_is_never_markup() -> None:
    assert "<script" not in Footer("<script>alert(1)</script>", 'https://x/"><script>').in_html("<p>Hi</p>")


def test_without_links_the_address_is_there_all_the_same() -> None:
    assert Footer("1 Main Street").in_text("Hi") == "Hi\n\n1 Main Street\n"
    assert "Unsubscribe" not in Footer("1 Main Street").in_html("<p>Hi</p>")
