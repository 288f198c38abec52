"""The ways in which reading an inbox can fail, as exception types. Texts are redacted: they go into logs and API
responses."""

from typing import ClassVar

from domain.errors import DomainError


class ImapFailed(DomainError):
    """The root. After every failure the connection is closed and opened again a little later."""

    code: ClassVar[str] = "inbox_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The inbox cannot be read"
    remedy: ClassVar[str] = "Read the `detail`: it is what the IMAP server said."


class ImapConnectionFailed(ImapFailed):
    """The server cannot be reached, TLS failed, the connection was lost, or the server stopped answering."""

    code = "inbox_connection_failed"
    title = "The IMAP server cannot be reached"
    remedy = "Check the mailbox's IMAP host, port and security."


class ImapAuthenticationFailed(ImapFailed):
    """The user name or password is not accepted: a person must correct it."""

    code = "inbox_authentication_failed"
    title = "The IMAP server does not accept the mailbox's credentials"
    remedy = "Correct the mailbox's IMAP user name and password. It reconnects at once."
    retryable = False


class ImapFolderMissing(ImapFailed):
    """The server cannot open the folder: it does not exist, or it may not be read."""

    code = "inbox_folder_missing"
    title = "The IMAP server cannot open the folder"
    remedy = "Correct the mailbox's `imap.folders`: use the name that the IMAP server lists."
    retryable = False


class ImapProtocolError(ImapFailed):
    """The server refused a command that every server must support, or its answer cannot be parsed."""

    code = "inbox_protocol_error"
    title = "Cadenza does not understand the IMAP server's answer"
    remedy = "Read the `detail`: it is what the IMAP server said."
