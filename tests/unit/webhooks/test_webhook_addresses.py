"""Which URLs and addresses webhooks may be sent to."""

import pytest

from domain.webhooks.addresses import WebhookAddressRefused, WebhookUrlInvalid, checked_url, refuse_private

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "192.88.99.1",
    "::",
    "::1",
    "::127.0.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    # 10.0.0.1 at the position for that NAT64 prefix length, and a public address at the other one.
    "64:ff9b:1:a00:0:100:808:808",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(WebhookAddressRefused):
        refuse_private(address, allow_private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    refuse_private(address, allow_private=False)


def test_allow_private_permits_only_this_machine_and_private_networks() -> None:
    for address in ("127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd12:3456::1"):
        refuse_private(address, allow_private=True)
    for address in ("169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "fe80::1", "255.255.255.255"):
        with pytest.raises(WebhookAddressRefused):
            refuse_private(address, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "https://10.0.0.1:8443/hooks",
    ],
)
def test_a_private_address_in_a_url_is_refused_in_every_notation(url: str) -> None:
    with pytest.raises(WebhookAddressRefused):
        checked_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "https://",
        "https:///path",
        "https://user:secret@hooks.example.com/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:99999/",
        "https://[::1/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nHost: evil.example",
        "https://b\u00fccher.example/",
        "https://hooks.example.com/" + "x" * 2000,
    ],
)
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(WebhookUrlInvalid):
        checked_url(url, allow_private=False)


def test_https_is_required_except_in_development() -> None:
    assert checked_url("https://hooks.example.com/x?y=1", allow_private=False, https_only=True).hostname
    assert checked_url("http://hooks.example.com/", allow_private=False).scheme == "http"
    with pytest.raises(WebhookUrlInvalid):
        checked_url("http://hooks.example.com/", allow_private=False, https_only=True)
    assert checked_url("http://127.0.0.1:5000/", allow_private=True, https_only=True).port == 5000
