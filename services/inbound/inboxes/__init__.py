"""Inboxes that are watched over IMAP. A message goes the same way as one from the inbound webhook."""
