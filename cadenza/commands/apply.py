"""Makes a sequence equal to its file: what differs, and the calls that change it. A second run changes nothing.

The file's `name` says which sequence is meant, and the keys say which step is which: a step with a new key is a new
step. The draft of a running sequence is edited, and then published as the next version.
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cadenza.commands.api_client import ApiClient, Json, Refused
from cadenza.commands.lookup import sequences_named
from domain.sequences.file import SequenceFile, document, read_document, write_yaml
from domain.sequences.yaml_text import MalformedYaml, load

_FIELDS = ("name", "type", "delay_days", "delay_hours", "delay_minutes", "config", "metadata")
Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the API, in the order in which they must be made."""

    method: Literal["PUT", "POST", "DELETE"]
    path: str
    body: Json | None
    told: str
    """What the call does, for a person."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` has to do. `sequence` is the existing sequence, or None."""

    file: SequenceFile
    content: bytes
    kind: str
    sequence: Json | None
    diff: list[str]
    """A unified diff of the two files, line by line."""
    calls: list[ApiCall]

    @property
    def outcome(self) -> Outcome:
        if self.sequence is None:
            return "created"
        return "updated" if self.calls else "unchanged"

    @property
    def must_publish(self) -> bool:
        """The sequence is running, and these changes, or earlier ones, are not published."""
        if self.sequence is None or self.sequence["status"] not in ("active", "paused"):
            return False
        return bool(self.calls) or bool(self.sequence.get("unpublished"))


def apply_file(api: ApiClient, path: Path) -> Applied:
    """Compares a file with the sequence of its name. Changes nothing.

    Raises MalformedYaml and Invalid for the file, and Refused.
    """
    content, as_json = _read(path), path.suffix == ".json"
    kind = "application/json" if as_json else "application/yaml"
    file = read_document(_json(content) if as_json else load(content.decode("utf-8-sig")))
    found = sequences_named(api, file.name)
    in_use = [one for one in found if one["status"] != "archived"]
    if len(in_use) > 1:
        ids = ", ".join(one["id"] for one in in_use)
        detail = f"{len(in_use)} sequences are called {file.name!r} ({ids}): rename or archive all but one"
        raise Refused("ambiguous_name", "More than one has this name", detail)
    wanted = _document(file)
    if not in_use:
        return Applied(file, content, kind, None, _diff(None, wanted), [])
    sequence = in_use[0]
    present = api.get(f"/sequences/{sequence['id']}/export", format="json")
    return Applied(file, content, kind, sequence, _diff(present, wanted), list(_calls(sequence, present, file)))


def carry_out(api: ApiClient, applied: Applied) -> Json:
    """Creates the draft, or makes the calls. Returns the sequence as it is then. Raises Refused."""
    if applied.sequence is None:
        return api.upload("/sequences/import", applied.content, applied.kind)
    for call in applied.calls:
        api.send(call.method, call.path, json=call.body)
    return api.get(f"/sequences/{applied.sequence['id']}")


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        content.decode("utf-8-sig")
        return content
    except UnicodeDecodeError:
        raise MalformedYaml("the file is not UTF-8") from None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise Refused("malformed_json", "The file is not JSON", str(error)) from None


def _document(file: SequenceFile) -> Json:
    settings = file.settings.model_dump(mode="json")
    return document(name=file.name, description=file.description, settings=settings, steps=file.steps)


def _diff(present: Json | None, wanted: Json) -> list[str]:
    before = [] if present is None else write_yaml(present).splitlines()
    after = write_yaml(wanted).splitlines()
    return list(difflib.unified_diff(before, after, "as it is", "as the file says", lineterm=""))


def _calls(sequence: Json, present: Json, file: SequenceFile) -> Iterator[ApiCall]:
    path = f"/sequences/{sequence['id']}"
    before = read_document(present)
    changes: Json = {}
    if file.name != before.name:
        changes["name"] = file.name
    if file.description != before.description:
        changes["description"] = file.description
    if file.settings != before.settings:
        changes["settings"] = file.settings.model_dump(mode="json")
    if changes:
        yield ApiCall("PUT", path, changes, f"change {', '.join(changes)}")
    yield from _step_calls(f"{path}/steps", before, file)


def _step_calls(path: str, before: SequenceFile, file: SequenceFile) -> Iterator[ApiCall]:
    wanted = {step.key for step in file.steps}
    known = {step.key: step.model_dump() for step in before.steps}
    for key in known.keys() - wanted:
        yield ApiCall("DELETE", f"{path}/{key}", None, f"remove step {key}")
    order = [key for key in known if key in wanted]
    for place, step in enumerate(file.steps):
        fields = {field: step.model_dump()[field] for field in _FIELDS}
        if step.key not in known:
            order.insert(place, step.key)
            body = {"key": step.key, "position": place + 1, **fields}
            yield ApiCall("POST", path, body, f"add step {step.key}")
            continue
        changes: dict[str, Any] = {name: fields[name] for name in _FIELDS if not _same(fields, known[step.key], name)}
        if order[place] != step.key:
            order.remove(step.key)
            order.insert(place, step.key)
            changes["position"] = place + 1
        if "type" in changes:
            changes["config"] = fields["config"]  # the new type must validate it
        if changes:
            yield ApiCall("PUT", f"{path}/{step.key}", changes, f"change step {step.key} ({', '.join(changes)})")


def _same(one: Json, other: Json, name: str) -> bool:
    # Compare as JSON: 1 and true are equal in Python, but not in a config.
    return json.dumps(one[name], sort_keys=True) == json.dumps(other[name], sort_keys=True)
