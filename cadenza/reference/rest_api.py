"""Makes the reference of the REST API for the documentation's site, from `web/openapi.json`, when the site is built.

MkDocs loads this file as a hook (`mkdocs.yml`). One test fails if `web/openapi.json` is out of date, another if an
endpoint or one of its answers is missing here.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]

OPENAPI = Path(__file__).resolve().parents[2] / "web" / "openapi.json"
PAGE = "rest.md"

_BOUNDS = {
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches `{}`",
}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """MkDocs' hook: the hand-written page, with the reference below it."""
    if page.file.src_uri != PAGE:
        return markdown
    return f"{markdown}\n{document(json.loads(OPENAPI.read_text('utf-8')))}"


def document(api: Json) -> str:
    """Every endpoint by its tag, and every schema that they use."""
    tagged: defaultdict[str, list[str]] = defaultdict(list)
    for path, methods in api["paths"].items():
        for method, endpoint in methods.items():
            tagged[endpoint["tags"][0]] += _endpoint(f"{method.upper()} {path}", endpoint)
    parts = ["## What refusals mean\n", *_refusals(api)]
    for tag in sorted(tagged):
        parts += [f"## {tag}\n", *tagged[tag]]
    parts.append("## Shapes\n")
    for name, shape in sorted(api["components"]["schemas"].items()):
        parts += _shape(name, shape)
    return "\n".join(parts)


def _refusals(api: Json) -> Iterator[str]:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for methods in api["paths"].values():
        for endpoint in methods.values():
            for status, answer in endpoint["responses"].items():
                if int(status) >= 400:
                    meanings[status].add(answer["description"])
    yield "Each endpoint lists the statuses of its refusals. A problem's `code` says more: [errors](errors.md).\n"
    yield "| status | |\n|---|---|"
    yield "\n".join(f"| {status} | {' '.join(sorted(told))} |" for status, told in sorted(meanings.items())) + "\n"


def _endpoint(title: str, endpoint: Json) -> Iterator[str]:
    yield f"### `{title}`\n"
    yield f"{endpoint.get('description') or endpoint['summary'] + '.'}\n"
    parameters = endpoint.get("parameters", [])
    if parameters:
        yield "| parameter | in | | |\n|---|---|---|---|"
        for one in parameters:
            told = _told({**one["schema"], "description": one.get("description", "")}, one.get("required", False))
            yield f"| `{one['name']}` | {one['in']} | {_kind(one['schema'])} | {told} |"
        yield ""
    for media, content in endpoint.get("requestBody", {}).get("content", {}).items():
        yield f"- takes `{media}`: {_kind(content['schema'])}"
    refusals: list[str] = []
    for status, answer in endpoint["responses"].items():
        if int(status) >= 400:
            refusals.append(status)
        else:
            yield f"- answers {status}: {_answer(answer)}"
    if refusals:
        yield f"- refuses with {', '.join(refusals)}"
    yield ""


def _answer(answer: Json) -> str:
    contents = [
        f"{_kind(one['schema'])} (`{media}`)" for media, one in answer.get("content", {}).items() if "schema" in one
    ]
    told = "" if answer["description"] == "Successful Response" else answer["description"]
    return " or ".join(contents) + (f" {told}" if told and contents else told) or "nothing"


def _shape(name: str, shape: Json) -> Iterator[str]:
    yield f"### {name} {{#{_anchor(name)}}}\n"
    if "description" in shape:
        yield f"{_line(shape['description'])}\n"
    if "enum" in shape:
        yield f"{_kind(shape)}\n"
    properties = shape.get("properties", {})
    if properties:
        required = shape.get("required", [])
        yield "| field | | |\n|---|---|---|"
        for field, one in properties.items():
            yield f"| `{field}` | {_kind(one)} | {_told(one, field in required)} |"
        yield ""


def _kind(schema: Json) -> str:
    """The kind of a value, in words, with links to the schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{_anchor(name)})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[several]))
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    if "properties" in schema:
        return "form with " + ", ".join(f"`{name}` ({_kind(one)})" for name, one in schema["properties"].items())
    return str(schema.get("format", kind))


def _told(schema: Json, required: bool) -> str:
    parts = ["required" if required else ""]
    if schema.get("default") is not None:
        parts.append(f"default `{json.dumps(schema['default'], ensure_ascii=False)}`")
    for one in (schema, *schema.get("anyOf", ())):
        parts += [words.format(one[name]) for name, words in _BOUNDS.items() if name in one]
    told = ", ".join(part for part in parts if part).replace("|", "\\|")
    return ". ".join(part for part in (told, _line(schema.get("description", ""))) if part)


def _line(text: str) -> str:
    """For one line of a table, with nothing in it that counts as markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _anchor(name: str) -> str:
    return f"shape-{name.lower()}"
