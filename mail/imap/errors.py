"""How reading an inbox can fail, as types. Texts are redacted: they go into logs and answers."""

from typing import ClassVar

from domain.errors import DomainError


class ImapFailed(DomainError):
    """The root. What follows a failure is always the same: the connection is dropped and made anew, a little later."""

    code: ClassVar[str] = "inbox_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The inbox cannot be read"
    remedy: ClassVar[str] = "Read the `detail`: it is what the IMAP server said."


class ImapConnectionFailed(ImapFailed):
    """The server cannot be reached, TLS failed, or the connection was lost or went silent."""

    code = "inbox_connection_failed"
    title = "The IMAP server cannot be reached"
    remedy = "Check the mailbox's IMAP host, port and security."


class ImapAuthenticationFailed(ImapFailed):
    """User name or password are not accepted: a person must correct them."""

    code = "inbox_authentication_failed"
    title = "The IMAP server does not accept the mailbox's credentials"
    remedy = "Correct the mailbox's IMAP user name and password. It reconnects at once."
    retryable = False


class ImapFolderMissing(ImapFailed):
    """The server will not open the folder: there is none of the name, or it may not be read."""

    code = "inbox_folder_missing"
    title = "The IMAP server does not open the folder"
    remedy = "Correct the mailbox's `imap.folders`: use the name that the IMAP server lists."
    retryable = False


class ImapProtocolError(ImapFailed):
    """The server refused a command that it must know, or said what cannot be understood."""

    code = "inbox_protocol_error"
    title = "The IMAP server answered in a way that cannot be understood"
    remedy = "Read the `detail`: it is what the IMAP server said."
