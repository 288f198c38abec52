"""`cadenza up --dev` with all parts: servers, API, worker, captured mail; and one object of each kind to ask for."""

from collections.abc import Generator
from dataclasses import dataclass

import httpx
import pytest

from tests.integration.api.client import DELAY, EMAIL
from tests.integration.up.up_run import dev_run


@dataclass(frozen=True)
class Api:
    url: str
    key: str
    ids: dict[str, str]
    """The IDs of existing objects, by the name of the path's parameter."""


@pytest.fixture(scope="session")
def api() -> Generator[Api]:
    # One test sends thousands of requests with one key, as fast as it can.
    unhurried = {"CADENZA_RATE_LIMIT_BURST": "1000000"}
    with dev_run(environment=unhurried) as up:
        run = up.run()
        with httpx.Client(base_url=run["api_url"], headers={"Authorization": f"Bearer {run['api_key']}"}) as http:
            yield Api(run["api_url"], run["api_key"], _furnished(http))


def _furnished(http: httpx.Client) -> dict[str, str]:
    def made(path: str, **body: object) -> str:
        answer = http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()["id"]

    sequence_id = made("/sequences", name="Outreach", steps=[EMAIL, DELAY, {**EMAIL, "key": "again"}])
    assert http.put(f"/sequences/{sequence_id}", json={"status": "active"}).is_success
    lead_id = made("/leads", email="lead@acme.example", first_name="Ada", custom={"plan": "pro"}, tags=["vip"])
    enrolled = http.post("/leads/enroll-in-sequence", json={"sequence_id": sequence_id, "lead_ids": [lead_id]}).json()
    # The first email is sent at once. Moving the clock by a minute waits for it.
    assert http.post("/dev/fast-forward", json={"by": "PT1M"}).is_success
    return {
        "lead_id": lead_id,
        "sequence_id": sequence_id,
        "step": "intro",
        "enrollment_id": enrolled["enrolled"][0]["enrollment_id"],
        "batch_id": enrolled["batch_id"],
        "mailbox_id": http.get("/mailboxes").json()["items"][0]["id"],
        "campaign_id": made("/campaigns", name="Fair"),
        "user_id": made("/users", email="sam@cadenza.example"),
        "suppression_id": made("/suppressions", kind="domain", value="bad.example"),
        "endpoint_id": made(
            "/webhook-endpoints", url="https://hooks.invalid/", event_types=["enrollment.replied", "email.sent"]
        ),
        "key_id": made("/api-keys", name="Another", scopes=["read"]),
        "tenant_id": http.get("/tenants").json()["items"][0]["id"],
        "captured_id": http.get("/dev/outbox").json()["items"][0]["id"],
    }
