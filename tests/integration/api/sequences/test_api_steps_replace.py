"""Replacing all steps at once, as the builder does: steps that stay keep their IDs, and no edit is overwritten
unseen."""

from typing import Any
from uuid import uuid4

from tests.integration.api.client import DELAY, EMAIL, Tenant

UNFINISHED = {"key": "later", "type": "email", "config": {"subject": "Only this so far"}}


async def read(tenant: Tenant, sequence_id: str) -> Any:
    return await tenant.call("GET", f"/sequences/{sequence_id}/steps")


async def write(tenant: Tenant, sequence_id: str, steps: list[dict[str, Any]], revision: int | None = None) -> Any:
    if revision is None:
        revision = (await read(tenant, sequence_id))["steps_revision"]
    body = {"steps_revision": revision, "steps": steps}
    return await tenant.call("PUT", f"/sequences/{sequence_id}/steps", json=body)


def ids(answer: Any) -> dict[str, str]:
    return {step["key"]: step["id"] for step in answer["items"]}


async def test_steps_are_added_changed_moved_and_removed_at_once(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY, {**EMAIL, "key": "last"}])
    before = await read(tenant, sequence_id)
    steps = [{**EMAIL, "key": "last", "name": "Last"}, {**DELAY, "key": "new"}, {**EMAIL, "metadata": {"x": 1}}]
    after = await write(tenant, sequence_id, steps)
    assert [(step["position"], step["key"]) for step in after["items"]] == [(1, "last"), (2, "new"), (3, "intro")]
    assert after["items"][0]["name"] == "Last"
    assert after["items"][2]["metadata"] == {"x": 1}
    assert {key: ids(after)[key] for key in ("intro", "last")} == {key: ids(before)[key] for key in ("intro", "last")}
    assert ids(after)["new"] not in ids(before).values()
    assert await read(tenant, sequence_id) == after
    assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["steps_count"] == 3


async def test_a_step_given_by_id_keeps_its_id_under_another_key(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY])
    before = ids(await read(tenant, sequence_id))
    exchanged = [{**EMAIL, "key": "wait", "id": before["intro"]}, {**DELAY, "key": "intro", "id": before["wait"]}]
    after = await write(tenant, sequence_id, exchanged)
    assert ids(after) == {"wait": before["intro"], "intro": before["wait"]}
    # One step gets a new key, and a new step gets its old one.
    moved_on = [{**EMAIL, "key": "first", "id": before["intro"]}, {**DELAY, "key": "wait"}]
    last = ids(await write(tenant, sequence_id, moved_on))
    assert last["first"] == before["intro"]
    assert last["wait"] not in before.values()


async def test_a_stale_revision_is_refused_and_changes_nothing(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    path = f"/sequences/{sequence_id}/steps"
    read_by_both = (await read(tenant, sequence_id))["steps_revision"]
    theirs = await write(tenant, sequence_id, [EMAIL, DELAY], read_by_both)
    body = {"steps_revision": read_by_both, "steps": [EMAIL]}
    refused = await tenant.call("PUT", path, 409, json=body)
    assert (refused["code"], refused["steps_revision"]) == ("sequence_changed", theirs["steps_revision"])
    assert await read(tenant, sequence_id) == theirs
    assert len((await write(tenant, sequence_id, [EMAIL], refused["steps_revision"]))["items"]) == 1


async def test_every_edit_of_a_step_changes_the_revision(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    path = f"/sequences/{sequence_id}"
    revisions = [(await tenant.call("GET", path))["steps_revision"]]
    await tenant.call("POST", f"{path}/steps", 201, json=DELAY)
    revisions.append((await tenant.call("GET", path))["steps_revision"])
    await tenant.call("PUT", f"{path}/steps/wait", json={"name": "Wait"})
    revisions.append((await tenant.call("GET", path))["steps_revision"])
    await tenant.call("DELETE", f"{path}/steps/wait", 204)
    revisions.append((await tenant.call("GET", path))["steps_revision"])
    assert revisions == sorted(set(revisions))
    await tenant.call("PUT", path, json={"name": "Not a step", "status": "active"})
    assert (await tenant.call("GET", path))["steps_revision"] == revisions[-1]


async def test_errors_name_the_step_and_field(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    path = f"/sequences/{sequence_id}/steps"

    async def refused(status: int, code: str, *steps: Any) -> list[str]:
        return await tenant.refused("PUT", path, status, code, json={"steps_revision": 0, "steps": steps})

    assert await refused(409, "duplicate_step_key", EMAIL, DELAY, EMAIL) == ["steps[2].key"]
    assert await refused(422, "validation_failed", EMAIL, {**DELAY, "key": "no blanks"}) == ["steps[1].key"]
    assert await refused(422, "validation_failed", {**EMAIL, "position": 1}) == ["steps[0].position"]
    many = [{**DELAY, "key": f"wait-{number}"} for number in range(201)]
    assert await refused(422, "validation_failed", *many) == ["steps"]
    assert [step["key"] for step in (await read(tenant, sequence_id))["items"]] == ["intro"]


async def test_an_unfinished_step_is_stored_and_never_activated(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    path = f"/sequences/{sequence_id}"
    leads_there = {
        "key": "if",
        "type": "condition",
        "config": {"branches": [{"if": "opened", "then": {"goto": "later"}}]},
    }
    after = await write(tenant, sequence_id, [EMAIL, leads_there, UNFINISHED, {**DELAY, "config": {"days": -1}}])
    assert after["items"][2]["config"] == UNFINISHED["config"]
    fields = await tenant.refused("PUT", path, 422, "sequence_invalid", json={"status": "active"})
    assert fields == ["steps[2].config", "steps[3].config.days"]
    copy = await tenant.call("POST", f"{path}/duplicate", 201)
    assert (await read(tenant, copy["id"]))["items"][2]["config"] == UNFINISHED["config"]


async def test_validation_lists_every_problem_and_changes_nothing(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    before = await read(tenant, sequence_id)
    goto = {"key": "if", "type": "condition", "config": {"branches": [{"if": "opened", "then": {"goto": "nowhere"}}]}}
    bad_email = {"key": "bad", "type": "email", "config": {"subject": "{{ nobody }}", "body_text": "x"}}
    user = {"key": "tell", "type": "action", "config": {"action": "assign_to_user", "user_id": str(uuid4())}}

    async def problems(*steps: Any) -> list[tuple[str, str]]:
        answer = await tenant.call("POST", f"/sequences/{sequence_id}/validate", json={"steps": steps})
        return [(problem["field"], problem["code"]) for problem in answer["problems"]]

    assert await problems(UNFINISHED, goto, bad_email, user) == [
        ("steps[0].config", "value_error"),
        ("steps[1].config.branches[0].then.goto", "unknown_step"),
        ("steps[2].config.subject", "unknown_field"),
        ("steps[3].config.user_id", "unknown_user"),
    ]
    assert await problems() == [("steps", "no_steps")]
    assert await problems(EMAIL, EMAIL) == [("steps[1].key", "duplicate_step_key")]
    assert await problems(EMAIL, DELAY) == []
    assert await read(tenant, sequence_id) == before


async def test_edits_of_a_running_sequence_wait_until_they_are_published(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY, {**EMAIL, "key": "last"}], active=True)
    path = f"/sequences/{sequence_id}"
    before = await read(tenant, sequence_id)
    mine = [{field: step[field] for field in ("id", "key", "type", "config")} for step in before["items"]]

    await write(tenant, sequence_id, [{**step, "metadata": {"position": {"x": 1, "y": 2}}} for step in mine])
    assert not (await tenant.call("GET", path))["unpublished"], "a position on the screen is not an edit"

    await write(tenant, sequence_id, [mine[0], mine[2]])
    assert (await tenant.call("GET", path))["unpublished"]
    dry = await tenant.call("POST", f"{path}/publish?dry_run=true")
    assert dry["changes"] == [{"key": "wait", "change": "removed"}]

    back = await write(tenant, sequence_id, mine)
    assert ids(back) == ids(before), "a step that comes back is the same step, with its leads"
    assert not (await tenant.call("GET", path))["unpublished"]

    await write(tenant, sequence_id, [*mine, UNFINISHED])
    assert await tenant.refused("POST", f"{path}/publish?dry_run=true", 422, "sequence_invalid") == ["steps[3].config"]


async def test_an_archived_sequence_is_not_edited(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL])
    await tenant.call("PUT", f"/sequences/{sequence_id}", json={"status": "archived"})
    body = {"steps_revision": 0, "steps": [EMAIL]}
    await tenant.refused("PUT", f"/sequences/{sequence_id}/steps", 409, "sequence_archived", json=body)
