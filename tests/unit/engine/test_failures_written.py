"""A failure is written by its code. What older versions wrote, by class name, is still understood."""

import pytest

from domain.errors import MergeFieldMissing, NotFound
from domain.failures import Failure, UnexpectedError, code_in, remedy_for
from services.mailboxes.transports import NoMailServer


def test_an_error_is_stored_by_its_code() -> None:
    assert str(Failure.of(NoMailServer("there is none"))) == "no_mail_server: there is none"
    assert str(Failure.of(NotFound())) == "not_found: Not found"


def test_a_librarys_error_is_stored_as_unexpected_with_its_type_in_the_text() -> None:
    failure = Failure.of(KeyError("plan"))
    assert (failure.code, failure.text, failure.retryable) == ("unexpected_error", "KeyError: 'plan'", True)


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("no_mail_server: there is none", "no_mail_server"),
        ("NoMailServer: there is none", "no_mail_server"),
        ("HostUnknown: the host name leads to no address", "mail_host_unknown"),
        ("a_code_of_an_extension: x", "a_code_of_an_extension"),
        # The class name of a library's error, as older versions stored it.
        ("KeyError: 'plan'", "unexpected_error"),
        ("activity Heartbeat timeout", None),
        ("see http://mail.example: it is down", None),
        ("", None),
    ],
)
def test_stored_failures_have_a_code(stored: str, code: str | None) -> None:
    assert code_in(stored) == code


def test_what_is_written_is_read_back() -> None:
    for error in (NoMailServer(), MergeFieldMissing("custom.plan"), KeyError("a: b")):
        failure = Failure.of(error)
        assert code_in(str(failure)) == failure.code


def test_the_remedy_of_a_stored_error_is_that_of_its_class() -> None:
    assert remedy_for("no_mail_server: x") == remedy_for("NoMailServer: x") == NoMailServer.remedy
    assert remedy_for("KeyError: 'plan'") == UnexpectedError.remedy
    assert remedy_for("a_code_of_an_extension: x") is None
    assert remedy_for("activity Heartbeat timeout") is None
