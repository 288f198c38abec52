"""A client for reading an inbox over IMAP4rev1 (RFC 3501), with IDLE (RFC 2177) where the server has it.

It opens folders with EXAMINE and reads with BODY.PEEK: nothing in the mailbox is ever changed. Written for this
program because the libraries fail at what watching is about: aioimaplib 2.0 has no STARTTLS, cannot FETCH after
EXAMINE, ends in a RecursionError when a thousand answers arrive at once, and leaves a command waiting for ever when its
connection is lost; the others are blocking, so that each inbox would hold a thread.
"""

from mail.imap.errors import (
    ImapAuthenticationFailed,
    ImapConnectionFailed,
    ImapFailed,
    ImapFolderMissing,
    ImapProtocolError,
)
from mail.imap.server import ImapServer, ImapTimeouts
from mail.imap.session import Fetched, Folder, ImapSession

__all__ = [
    "Fetched",
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
