"""What a message that came back is, and which of ours it answers."""

from mail.inbound.message import first_address, read_header, untagged
from mail.inbound.parse import InboundMail, parse_inbound

__all__ = ["InboundMail", "first_address", "parse_inbound", "read_header", "untagged"]
