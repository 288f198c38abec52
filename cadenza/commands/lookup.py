"""Finds a sequence, a campaign or a lead by its name, its address or its ID."""

import os
import re
from typing import Any

from cadenza.commands.api_client import (
    AddressIncomplete,
    ApiAddress,
    ApiClient,
    ApiUnreachable,
    Json,
    Refused,
    as_id,
    find_api,
)

COMPLETION_SECONDS = 0.7


def find_sequence(api: ApiClient, named: str) -> Json:
    """Raises Refused: `not_found`, or `ambiguous_name` if two sequences in use have the name."""
    if (sequence_id := as_id(named)) is not None:
        return api.get(f"/sequences/{sequence_id}")
    return _only(sequences_named(api, named), "sequence", named)


def sequences_named(api: ApiClient, name: str) -> list[Json]:
    """Sequences in use with this name, or else archived ones. Upper and lower case do not matter."""
    found = [one for one in api.listed("/sequences") if one["name"].casefold() == name.strip().casefold()]
    return [one for one in found if one["status"] != "archived"] or found


def find_campaign(api: ApiClient, named: str) -> Json:
    """Like `find_sequence`."""
    if (campaign_id := as_id(named)) is not None:
        return api.get(f"/campaigns/{campaign_id}")
    wanted = named.strip().casefold()
    return _only([one for one in api.listed("/campaigns") if one["name"].casefold() == wanted], "campaign", named)


def find_lead(api: ApiClient, named: str) -> Json:
    """By ID or address. Raises Refused: `not_found`."""
    if (lead_id := as_id(named)) is not None:
        return api.get(f"/leads/{lead_id}")
    wanted = named.strip().casefold()
    for lead in api.listed("/leads", search=wanted):
        if lead["email"] == wanted:
            return lead
    raise Refused("not_found", "Not found", f"there is no lead {named!r}")


def complete_sequence(ctx: Any, incomplete: str) -> list[str]:
    """Names of sequences for the shell, or none if the API does not answer at once."""
    given = ctx.params
    try:
        address: ApiAddress = find_api(given.get("api_url"), given.get("api_key"), given.get("home"))
        with ApiClient(address, seconds=COMPLETION_SECONDS) as api:
            names = [one["name"] for one in api.get("/sequences", limit=100)["items"]]
    except (ApiUnreachable, AddressIncomplete, Refused, ValueError, KeyError):
        return []  # the person is still typing; the command itself will report the problem
    return [_as_typed(name) for name in names if name.startswith(incomplete)]


def _as_typed(name: str) -> str:
    # Bash inserts a completion unchanged; the other shells quote it themselves.
    if os.environ.get("_CADENZA_COMPLETE") != "complete_bash":
        return name
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", name)


def _only(found: list[Json], kind: str, named: str) -> Json:
    if not found:
        raise Refused("not_found", "Not found", f"there is no {kind} called {named!r}")
    if len(found) > 1:
        ids = ", ".join(one["id"] for one in found)
        raise Refused("ambiguous_name", "More than one has this name", f"{kind}s called {named!r}: {ids}; name the ID")
    return found[0]
