"""Classifies an inbound message, and finds the Message-IDs of ours that it refers to."""

from mail.inbound.message import first_address, read_header, untagged
from mail.inbound.parse import InboundMail, parse_inbound

__all__ = ["InboundMail", "first_address", "parse_inbound", "read_header", "untagged"]
