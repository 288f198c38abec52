"""What a message that came back is, and which of ours it answers."""

from mail.inbound.parse import InboundMail, first_address, parse_inbound, read_header

__all__ = ["InboundMail", "first_address", "parse_inbound", "read_header"]
