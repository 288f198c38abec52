"""A sequence as a file: what `export` writes, `import` reads, and a person keeps in a repository.

    version: 1
    name: Cold outreach
    description: Three emails over a week.
    settings:                   # only what differs from the defaults
      timezone: Europe/Berlin
    steps:                      # in their order
      - key: intro
        name: Introduction
        type: email
        delay: P1DT2H           # the wait before the step: ISO 8601 in days, hours, minutes
        config: {...}           # as the API takes it
        metadata: {...}

Reading a written file gives the same sequence. Configs and metadata are kept unchanged, and so are the parts of a delay
(`PT36H` is not `P1DT12H`). Users, campaigns and mailboxes are written as IDs.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from domain.errors import FieldError, Invalid
from domain.sequences import yaml_text
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import STEP_TYPES, StepSpec

VERSION = 1
DELAY_PARTS = ("delay_days", "delay_hours", "delay_minutes")

# The order of fields in nested objects; other fields follow in alphabetical order. Postgres does not keep the order in
# which an author wrote the fields of a `jsonb` object.
_READS_BEST = ("name", "weight", "subject", "body_text", "body_html", "if", "then", "any", "all", "not", "field", "op")
_RANKS = {field: rank for rank, field in enumerate((*_READS_BEST, "value", "step", "within_days", "goto", "stop"))}

_DELAY = re.compile(r"P(?=[\dT])(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?)?")


def _as_written(schema: dict[str, Any]) -> None:
    del schema["properties"]["position"]
    schema["properties"]["delay"] = {
        "type": "string",
        "description": "Its own wait before it runs: ISO 8601 in weeks, days, hours and minutes.",
        "examples": ["P3D", "P1DT12H"],
    }


class FileStep(StepSpec):
    """A step of a file, in its place in the list. `delay` is short for `delay_days`, `_hours`, `_minutes`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_as_written)

    @model_validator(mode="before")
    @classmethod
    def _read_delay(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        fields: dict[str, Any] = {**given}
        if "position" in fields:
            raise ValueError("a step of a file has no `position`: its place is where it stands")
        if "delay" in fields:
            if not fields.keys().isdisjoint(DELAY_PARTS):
                raise ValueError("`delay` says it all: leave `delay_days`, `delay_hours` and `delay_minutes` out")
            fields.update(_delay_parts(fields.pop("delay")))
        return fields


class SequenceFile(BaseModel):
    """The document."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: Annotated[str, StringConstraints(max_length=5000)] = ""
    settings: SequenceSettings = Field(default_factory=SequenceSettings)
    steps: list[FileStep] = Field(default_factory=list[FileStep])


def read_document(document: Any) -> SequenceFile:
    """Check a document that was read as YAML or JSON. Raises Invalid, which names each field (`steps[2].delay`)."""
    try:
        return SequenceFile.model_validate(document)
    except ValidationError as invalid:
        errors = [
            FieldError(_field(error["loc"]), str(error["type"]), str(error["msg"]).removeprefix("Value error, "))
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        ]
        first = errors[0]
        raise Invalid(f"{first.field}: {first.detail}" if first.field else first.detail, errors=errors) from None


def read_yaml(text: str) -> SequenceFile:
    """Raises MalformedYaml and Invalid."""
    return read_document(yaml_text.load(text))


def document(*, name: str, description: str, settings: Mapping[str, Any], steps: Iterable[StepSpec]) -> dict[str, Any]:
    """The document of a sequence, as JSON values. The order of its fields is always the same.

    Empty fields and settings with their default value are left out.
    """
    usual = SequenceSettings().model_dump(mode="json", by_alias=True)
    own = SequenceSettings.model_validate(settings).model_dump(mode="json", by_alias=True)
    whole: dict[str, Any] = {
        "version": VERSION,
        "name": name,
        "description": description,
        "settings": {field: value for field, value in own.items() if value != usual[field]},
        "steps": [_step(step) for step in steps],
    }
    return {field: value for field, value in whole.items() if value not in ("", {}) or field == "name"}


def write_yaml(sequence: Mapping[str, Any]) -> str:
    """A document as YAML, an empty line between the steps."""
    # Only the list of steps itself matches here: every text is indented further, or quoted.
    head, steps_, steps = yaml_text.dump(sequence).partition("\nsteps:\n")
    return head + steps_ + re.sub(r"\n  - ", "\n\n  - ", steps)


def written_delay(days: int, hours: int, minutes: int) -> str:
    """A delay as ISO 8601, its parts unchanged: `P1DT2H`. `PT0M` for none."""
    date = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f"P{date}" + (f"T{time}" if time else "") if date or time else "PT0M"


def _step(spec: StepSpec) -> dict[str, Any]:
    parts = (spec.delay_days, spec.delay_hours, spec.delay_minutes)
    fields: dict[str, Any] = {"key": spec.key, "name": spec.name, "type": spec.type}
    if any(parts):
        fields["delay"] = written_delay(*parts)
    fields |= {"config": _config(spec), "metadata": _ordered(spec.metadata, {})}
    return {field: value for field, value in fields.items() if value not in ("", {})}


def _config(spec: StepSpec) -> dict[str, Any]:
    """The config, its fields in the order of its class."""
    try:
        fields = STEP_TYPES[spec.type].reader(spec.config).model_fields
    except ValueError:
        return _ordered(spec.config, {})  # a draft of an older release
    return _ordered(spec.config, {field.alias or name: rank for rank, (name, field) in enumerate(fields.items())})


def _ordered(value: Any, ranks: Mapping[str, int]) -> Any:
    if isinstance(value, list):
        return [_ordered(item, _RANKS) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, Any]", value)
    names = sorted(members, key=lambda name: (ranks.get(name, len(ranks)), name))
    return {name: _ordered(members[name], _RANKS) for name in names}


def _delay_parts(delay: Any) -> dict[str, int]:
    found = _DELAY.fullmatch(delay) if isinstance(delay, str) else None
    if found is None:
        raise ValueError("a `delay` is an ISO 8601 duration in weeks, days, hours and minutes, such as P3D or P1DT12H")
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    return dict(zip(DELAY_PARTS, (weeks * 7 + days, hours, minutes), strict=True))


def _field(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
