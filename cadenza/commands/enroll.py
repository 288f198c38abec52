"""`cadenza enroll`: leads, a campaign's leads, or a file's leads into a sequence."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import ApiClient, Json
from cadenza.commands.lazy_commands import loaded
from cadenza.commands.leads import Mapped, import_file, mapping
from cadenza.commands.lookup import complete_sequence, find_campaign, find_lead, find_sequence
from cadenza.commands.terminal import Terminal, cell, connected, table, usage

app = typer.Typer(add_completion=False)

AT_ONCE = 10_000
POLL_SECONDS = 0.3
SHOWN = 50

Sequence_ = Annotated[str, typer.Argument(help="Its name or its ID.", autocompletion=complete_sequence)]
Leads = Annotated[list[str] | None, typer.Option("--lead", help="An address or an ID. Repeat it for several.")]
Campaign = Annotated[str | None, typer.Option(help="Its name or its ID. Enrolls every lead of it.")]
File = Annotated[
    Path | None,
    typer.Option("--file", help="A CSV file of leads, which are imported first.", exists=True, dir_okay=False),
]


@app.command()
@connected
def enroll(
    terminal: Terminal,
    sequence: Sequence_,
    lead: Leads = None,
    campaign: Campaign = None,
    file: File = None,
    columns: Mapped = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would happen.")] = False,
) -> None:
    """Enroll leads in SEQUENCE, and give a reason for each lead that is left out."""
    if sum(given is not None and given != [] for given in (lead, campaign, file)) != 1:
        raise usage("say who: one of --lead, --campaign or --file")
    found = find_sequence(terminal.api, sequence)
    if campaign is not None:
        answer = _assign(terminal, found, find_campaign(terminal.api, campaign), dry_run)
    elif file is not None:
        answer = _enroll_file(terminal, found["id"], file, mapping(columns or []), dry_run)
    else:
        named = {one["id"]: one["email"] for one in (find_lead(terminal.api, one) for one in lead or [])}
        answer = _enroll(terminal, found["id"], list(named), dry_run)
    answer["sequence_id"], answer["dry_run"] = found["id"], dry_run
    addresses = _addresses(terminal, answer["skipped"]) if not terminal.as_json else {}
    terminal.tell(answer, lambda out: _show(out, answer, found["name"], addresses))


def _enroll(terminal: Terminal, sequence_id: str, lead_ids: Sequence[str], dry_run: bool) -> Json:
    enrolled, skipped = 0, list[Json]()
    with terminal.progress("enrolling", len(lead_ids), counts=True) as bar:
        for start in range(0, len(lead_ids), AT_ONCE):
            some = list(lead_ids[start : start + AT_ONCE])
            body = {"sequence_id": sequence_id, "lead_ids": some, "dry_run": dry_run}
            answer = terminal.api.post("/leads/enroll-in-sequence", body)
            enrolled += len(answer["enrolled"])
            skipped += answer["skipped"]
            bar.advance(bar.task_ids[0], len(some))
    return {"enrolled": enrolled, "skipped": skipped}


def _enroll_file(terminal: Terminal, sequence_id: str, path: Path, columns: dict[str, str], dry_run: bool) -> Json:
    """A dry run imports nothing either. A lead that does not exist yet counts as enrolled, because it would be
    imported."""
    emails = _emails_in(path, columns)
    imported = None if dry_run else import_file(terminal, path, columns)
    ids = _ids_by_email(terminal.api, emails)
    answer = _enroll(terminal, sequence_id, list(ids.values()), dry_run)
    if dry_run:
        answer["enrolled"] += len(emails) - len(ids)
    return {**answer, "imported": imported}


def _emails_in(path: Path, columns: dict[str, str]) -> list[str]:
    with path.open("rb") as file:
        rows = list(loaded("services.leads.csv_rows:read_leads")(file, columns or None))
    rejected = loaded("domain.leads.importing:RejectedRow")
    return list(dict.fromkeys(row.email for row in rows if not isinstance(row, rejected)))


def _ids_by_email(api: ApiClient, emails: Sequence[str]) -> dict[str, str]:
    """IDs of the leads with these addresses, in that order. The API lists the newest leads first."""
    wanted, ids = set(emails), dict[str, str]()
    for lead in api.listed("/leads"):
        if lead["email"] in wanted:
            ids[lead["email"]] = lead["id"]
            if len(ids) == len(wanted):
                break
    return {email: ids[email] for email in emails if email in ids}


def _assign(terminal: Terminal, sequence: Json, campaign: Json, dry_run: bool) -> Json:
    path, body = f"/campaigns/{campaign['id']}/assign-sequence", {"sequence_id": sequence["id"], "dry_run": dry_run}
    answer = terminal.api.post(path, body)
    if dry_run:
        return {"enrolled": answer["accepted"], "skipped": answer["skipped"]}
    batch = _followed(terminal, answer)
    skipped = list(terminal.api.listed(f"/batches/{batch['id']}/skipped"))
    return {"enrolled": batch["accepted"], "skipped": skipped, "batch": batch}


def _followed(terminal: Terminal, batch: Json) -> Json:
    """Waits until the batch is done. Ctrl-C ends the waiting, not the batch."""
    with terminal.progress("enrolling", batch["total"], counts=True) as bar:
        while not batch["done"]:
            bar.update(bar.task_ids[0], total=batch["total"], completed=batch["processed"])
            time.sleep(POLL_SECONDS)
            batch = terminal.api.get(f"/batches/{batch['id']}")
    return batch


def _addresses(terminal: Terminal, skipped: Sequence[Json]) -> dict[str, str]:
    """The addresses of the leads that are shown. A lead that does not exist has none."""
    ids = dict.fromkeys(one["lead_id"] for one in skipped[:SHOWN])
    found = {lead_id: terminal.api.found(f"/leads/{lead_id}") for lead_id in ids}
    return {lead_id: lead["email"] for lead_id, lead in found.items() if lead is not None}


def _show(out: Console, answer: Json, name: str, addresses: dict[str, str]) -> None:
    skipped: list[Json] = answer["skipped"]
    verb = "would be enrolled" if answer["dry_run"] else "enrolled"
    line = Text.assemble(cell(answer["enrolled"], "green"), f" {verb} in ", cell(name, "bold"))
    line.append_text(Text.assemble(", ", cell(len(skipped), "yellow" if skipped else ""), " skipped"))
    out.print(line, soft_wrap=True)
    if skipped:
        rows = [(addresses.get(one["lead_id"], one["lead_id"]), one["code"], one["detail"]) for one in skipped[:SHOWN]]
        out.print()
        out.print(table(("lead", "code", "why"), rows, title="skipped"))
    if len(skipped) > SHOWN:
        counts = ", ".join(f"{count} {code}" for code, count in Counter(one["code"] for one in skipped).items())
        out.print(f"... and {len(skipped) - SHOWN} more ({counts} in all); --json lists them", style="dim")
