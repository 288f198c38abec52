"""Enrollments: one, lists of them, and their explanation."""

from uuid import uuid4

from tests.integration.api.client import DELAY, EMAIL, Tenant


async def test_enrollments_are_listed_and_filtered(tenant: Tenant) -> None:
    one, other = await tenant.sequence(active=True), await tenant.sequence([DELAY], active=True)
    leads = [await tenant.lead() for _ in range(3)]
    await tenant.enroll(one, *leads)
    await tenant.enroll(other, leads[0])
    await tenant.call("POST", f"/leads/{leads[1]}/pause-sequence")

    async def listed(**filters: str) -> list[str]:
        return [item["lead_id"] for item in await tenant.all_pages("/enrollments", 2, **filters)]

    assert sorted(await listed()) == sorted([*leads, leads[0]])
    assert (await listed())[0] == leads[0]
    assert sorted(await listed(sequence_id=one)) == sorted(leads)
    assert await listed(status="paused") == [leads[1]]
    assert await listed(lead_id=leads[0], sequence_id=one, status="paused") == []
    state = await tenant.state(leads[0])
    assert await tenant.call("GET", f"/enrollments/{state['id']}") == state
    assert await tenant.refused("GET", "/enrollments?status=odd", 422, "validation_failed") == ["status"]


async def test_an_enrollment_explains_what_it_waits_for(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence([EMAIL], active=True), await tenant.lead()
    enrollment_id = (await tenant.enroll(sequence_id, lead_id))["enrolled"][0]["enrollment_id"]
    explanation = await tenant.call("GET", f"/enrollments/{enrollment_id}/explain")
    assert explanation["reason"]["code"] == "not_started"  # Temporal is unreachable
    assert [reason["code"] for reason in explanation["also"]] == ["no_mailbox"]
    assert explanation["next_eligible_at"] is None
    assert (explanation["enrollment_id"], explanation["lead_id"], explanation["status"]) == (
        enrollment_id,
        lead_id,
        "pending",
    )
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence", json={"reason": "sold"})
    explanation = await tenant.call("GET", f"/enrollments/{enrollment_id}/explain")
    assert (explanation["reason"]["code"], explanation["reason"]["binds"]["stop_reason"]) == ("ended", "sold")
    assert explanation["also"] == []


async def test_enrollments_of_another_tenant_are_hidden(tenant: Tenant, stranger: Tenant) -> None:
    sequence_id, lead_id = await stranger.sequence(active=True), await stranger.lead()
    await stranger.enroll(sequence_id, lead_id)
    for enrollment_id in ((await stranger.state(lead_id))["id"], uuid4()):
        await tenant.refused("GET", f"/enrollments/{enrollment_id}", 404, "not_found")
        await tenant.refused("GET", f"/enrollments/{enrollment_id}/explain", 404, "not_found")
    assert (await tenant.call("GET", "/enrollments", params={"lead_id": lead_id}))["items"] == []
