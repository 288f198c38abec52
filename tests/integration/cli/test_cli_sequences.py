"""`cadenza sequences`: applying a file repeatedly changes nothing more."""

import json
from pathlib import Path

from domain.sequences.yaml_text import dump, load
from tests.integration.api.client import EMAIL
from tests.integration.cli.conftest import Person

EXAMPLE = Path(__file__).parents[3] / "examples" / "cold-outreach.yaml"
TEXT = EXAMPLE.read_text("utf-8")


async def test_a_file_is_applied_once(person: Person) -> None:
    first = await person.does("sequences", "apply", str(EXAMPLE))
    assert "created Cold outreach, which is draft" in first.out
    assert "+name: Cold outreach" in first.err
    again = await person.does("sequences", "apply", str(EXAMPLE), "--json")
    assert (again.json["outcome"], again.json["diff"], again.json["changes"]) == ("unchanged", [], [])
    assert again.json["sequence"]["steps_count"] == 10
    exported = await person.does("sequences", "export", "cold OUTREACH")
    assert load(exported.out) == load(TEXT)


async def test_applying_a_file_changes_the_draft(person: Person) -> None:
    await person.does("sequences", "apply", str(EXAMPLE))
    document = load(TEXT)
    steps = {step["key"]: step for step in document["steps"]}
    steps["wait-3d"]["config"] = {"days": 2}
    steps["mark-unresponsive"] |= {"type": "delay", "config": {"hours": 1}}
    new = {"key": "hello", "type": "email", "delay": "PT1H", "config": {"subject": "On", "body_text": "a\nb\n"}}
    order = ["wait-4d", "hello", "intro", "wait-3d", "interest", "stop-interested", "mark-unresponsive", "interested"]
    steps["interest"]["config"]["else"] = {"continue": True}
    document["steps"] = [new if key == "hello" else steps[key] for key in order]
    document["settings"] = {"timezone": "Asia/Tokyo"}
    document["description"] = "Other words"
    file = person.file("other.yaml", dump(document))
    tried = await person.does("sequences", "apply", file, "--dry-run")
    assert "would change Cold outreach" in tried.out
    assert "+      subject: 'On'" in tried.err
    assert "remove step breakup" in tried.err
    assert load((await person.does("sequences", "export", "Cold outreach")).out) == load(TEXT)
    await person.does("sequences", "apply", file)
    assert load((await person.does("sequences", "export", "Cold outreach")).out) == document
    assert (await person.does("sequences", "apply", file, "--json")).json["outcome"] == "unchanged"


async def test_applying_an_active_sequence_publishes_a_version(person: Person) -> None:
    applied = await person.does("sequences", "apply", str(EXAMPLE), "--activate", "--json")
    assert applied.json["sequence"]["status"] == "active"
    lead_id = await person.tenant.lead()
    await person.tenant.enroll(applied.json["sequence"]["id"], lead_id)
    file = person.file("short.yaml", TEXT.replace("config: {days: 3}", "config: {days: 1}"))
    changed = await person.does("sequences", "apply", file)
    assert "publishing version 2: of the leads on their way, 1 unchanged" in changed.err
    assert "changed Cold outreach, which is active, version 2" in changed.out
    again = await person.does("sequences", "apply", file, "--json")
    assert (again.json["outcome"], again.json["published"]) == ("unchanged", None)
    assert again.json["sequence"]["current_version"] == 2


async def test_applying_publishes_earlier_unpublished_edits(person: Person) -> None:
    applied = await person.does("sequences", "apply", str(EXAMPLE), "--activate", "--json")
    path = f"/sequences/{applied.json['sequence']['id']}"
    file = person.file("short.yaml", TEXT.replace("config: {days: 3}", "config: {days: 1}"))
    # As if an earlier run had been interrupted before it could publish.
    await person.tenant.call("PUT", f"{path}/steps/wait-3d", json={"config": {"days": 1}})
    again = await person.does("sequences", "apply", file, "--json")
    assert (again.json["outcome"], again.json["published"]["version"]) == ("unchanged", 2)


async def test_errors_in_a_file_name_line_or_field(person: Person) -> None:
    bad = person.file("bad.yaml", "version: 1\nname: x\nname: y\n")
    ran = await person.does("sequences", "apply", bad, status=1)
    assert ran.err == "cadenza: line 3, column 1: the key 'name' stands here twice (malformed_yaml)\n"
    step = {"key": "a", "type": "email", "config": {"subject": "x"}}
    wrong = person.file("wrong.yaml", dump({"version": 1, "name": "x", "steps": [step], "colour": "red"}))
    ran = await person.does("sequences", "apply", wrong, status=1)
    assert "colour: " in ran.err
    wrong = person.file("wrong.yaml", dump({"version": 1, "name": "x", "steps": [step]}))
    ran = await person.does("sequences", "apply", wrong, "--json", status=1)
    assert json.loads(ran.err)["errors"][0]["field"] == "steps[0].config"
    assert ran.out == ""
    await person.does("sequences", "apply", str(person.folder / "nowhere.yaml"), status=2)
    binary = person.folder / "binary.yaml"
    binary.write_bytes(b"name: \xff")
    assert "(malformed_yaml)" in (await person.does("sequences", "apply", str(binary), status=1)).err


async def test_json_files_are_applied(person: Person) -> None:
    text = json.dumps({"version": 1, "name": "In JSON \U0001f600", "steps": [EMAIL]})
    file = person.file("sequence.json", text)
    assert (await person.does("sequences", "apply", file, "--json")).json["outcome"] == "created"
    assert (await person.does("sequences", "apply", file, "--json")).json["outcome"] == "unchanged"
    await person.does("sequences", "export", "In JSON \U0001f600", "--format", "json", "-o", file)
    assert json.loads(person.content(file)) == json.loads(text)


async def test_sequences_are_listed_shown_and_change_status(person: Person) -> None:
    assert (await person.does("sequences", "list")).out == "no sequences\n"
    sequence_id = await person.tenant.sequence([EMAIL])
    listed = await person.does("sequences", "list")
    assert "Outreach" in listed.out
    assert "draft" in listed.out
    shown = await person.does("sequences", "show", "Outreach")
    assert "intro" in shown.out
    assert "Hello" in shown.out
    assert "Outreach is active" in (await person.does("sequences", "activate", "outreach")).out
    assert (await person.does("sequences", "pause", sequence_id, "--json")).json["status"] == "paused"
    await person.does("sequences", "archive", "Outreach", status=1, given="n\n")
    await person.does("sequences", "archive", "Outreach", given="y\n")
    refused = await person.does("sequences", "activate", sequence_id, status=1)
    assert "(invalid_transition)" in refused.err
    assert "(not_found)" in (await person.does("sequences", "show", "Nothing", status=1)).err
    assert [one["status"] for one in (await person.does("sequences", "list", "--json")).json] == ["archived"]


async def test_an_ambiguous_name_is_refused(person: Person) -> None:
    for _ in range(2):
        await person.tenant.call("POST", "/sequences", 201, json={"name": "Twin"})
    assert "(ambiguous_name)" in (await person.does("sequences", "show", "Twin", status=1)).err
    file = person.file("twin.yaml", dump({"version": 1, "name": "Twin"}))
    assert "(ambiguous_name)" in (await person.does("sequences", "apply", file, status=1)).err
