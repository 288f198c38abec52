"""Which email domains identify a company, and which are mail providers for everybody."""

import pytest

from domain.leads.companies import company_domain


@pytest.mark.parametrize(
    "email",
    ["ada@gmail.com", "ada@yahoo.co.uk", "ada@hotmail.fr", "ada@gmx.de", "ada@web.de", "ada@qq.com", "ada@live.com.au"],
)
def test_an_address_at_a_public_mail_provider_has_no_company(email: str) -> None:
    assert company_domain(email) is None


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ada@acme.example", "acme.example"),
        ("ada@mail.acme.example", "mail.acme.example"),
        # A company's own domain may contain the name of a mail provider.
        ("ada@live.acme.example", "live.acme.example"),
        ("ada@outlook.acme.com", "outlook.acme.com"),
        ("ada@notgmail.com", "notgmail.com"),
        ('"a@b"@acme.example', "acme.example"),
    ],
)
def test_the_domain_of_a_company(email: str, domain: str) -> None:
    assert company_domain(email) == domain
