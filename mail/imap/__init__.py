"""A client for reading an inbox over IMAP4rev1 (RFC 3501), with IDLE (RFC 2177) where the server has it.

It opens folders with EXAMINE and reads with BODY.PEEK, so it never changes anything in the mailbox.

Existing libraries do not fit. aioimaplib 2.0 has no STARTTLS, cannot FETCH after EXAMINE, ends in a RecursionError when
a thousand responses arrive at once, and blocks a command for ever when its connection is lost. The others are blocking,
so each watched inbox would need a thread.
"""

from mail.imap.errors import (
    ImapAuthenticationFailed,
    ImapConnectionFailed,
    ImapFailed,
    ImapFolderMissing,
    ImapProtocolError,
)
from mail.imap.server import ImapServer, ImapTimeouts
from mail.imap.session import FetchedMessage, Folder, ImapSession

__all__ = [
    "FetchedMessage",
    "Folder",
    "ImapAuthenticationFailed",
    "ImapConnectionFailed",
    "ImapFailed",
    "ImapFolderMissing",
    "ImapProtocolError",
    "ImapServer",
    "ImapSession",
    "ImapTimeouts",
]
