"""Inboxes that are watched over IMAP: a message that arrives goes the same way as one from the inbound webhook."""
