"""Parses tag lists, the syntax of DKIM and DMARC records (RFC 6376 section 3.2): `v=DKIM1; k=rsa; p=...`."""


def tags_of(record: str) -> dict[str, str] | None:
    """Returns the tags by name, in the record's order; None if it is not a tag list or has a tag twice."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        if not part.strip():
            continue
        name, found, value = part.partition("=")
        name = name.strip()
        if not found or not name or name in tags:
            return None
        tags[name] = value.strip()
    return tags
