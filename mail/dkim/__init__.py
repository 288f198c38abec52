"""DKIM signatures: the keys of a domain, and signing."""
