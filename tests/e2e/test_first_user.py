"""A user's first day: they build cold outreach by hand, enroll a messy file, answer a mail and read the funnel."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import PATIENCE_MS
from tests.e2e.building import Builder

ROOT = Path(__file__).parents[2]
MESSY = ROOT / "tests" / "data" / "leads-messy.csv"
EXAMPLE = yaml.safe_load((ROOT / "examples" / "cold-outreach.yaml").read_text())
STEPS = {step["key"]: step for step in EXAMPLE["steps"]}
STOP = "Stop the sequence for the lead"
SUPPRESSED = "lead2@messy2.example"


# The frame of a mail loads no pictures, and the browser logs that.
@pytest.mark.parametrize("allowed", [("img-src data:",)])
async def test_from_an_empty_installation_to_a_reply(page: Page, http: httpx.AsyncClient) -> None:
    builder = Builder(page)
    await _start_empty(page)
    await _drag_the_steps_in(builder)
    await _fix_what_is_missing(builder)
    await builder.move("Mark unresponsive", right=60, down=40)
    await builder.save()
    await page.get_by_role("button", name="Activate").click()
    await expect(page.get_by_text("active", exact=True)).to_be_visible()
    placed = await builder.places()

    sequence = (await http.get("/sequences")).json()["items"][0]
    leads = await _enroll_a_messy_file(page, http)
    await _three_days_later(page, leads)
    await _reply(page)
    await _read_the_funnel(page, http, sequence["id"], leads)

    await page.get_by_role("link", name="Cold outreach", exact=True).click()
    await expect(builder.node("Mark unresponsive")).to_be_visible()
    assert await builder.places() == placed
    await page.reload()
    await expect(builder.node("Mark unresponsive")).to_be_visible()
    assert await builder.places() == placed
    exported = (await http.get(f"/sequences/{sequence['id']}/export", params={"format": "json"})).json()
    assert [_with_defaults(step) for step in exported["steps"]] == [_with_defaults(step) for step in EXAMPLE["steps"]]


async def _start_empty(page: Page) -> None:
    await page.goto("/app/sequences")
    await page.get_by_role("button", name="Start empty").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill(EXAMPLE["name"])
    await dialog.get_by_role("button", name="Create and open").click()
    await expect(page.get_by_role("heading", name="No steps yet")).to_be_visible()


async def _drag_the_steps_in(builder: Builder) -> None:
    """Builds the whole example except for the subject of the last email. The first delay and condition are dragged in
    between."""

    async def email(key: str, *, without_subject: bool = False) -> None:
        step = STEPS[key]
        await builder.add("Email", step["name"], key)
        config = step["config"]
        subject = None if without_subject else config.get("subject")
        await builder.write(subject=subject, text=config["body_text"], html=config["body_html"])
        if config.get("reply_in_thread"):
            await builder.panel.get_by_role("checkbox", name="Reply in the thread").check()

    await email("intro")
    await email("follow-up")
    await builder.add_behind("Introduction", "Condition", "Replied?", "replied-1")
    await builder.holds(1, "The lead replied")
    await builder.leads(1, STOP, "qualified")
    await builder.add_behind("Introduction", "Wait", "Wait three days", "wait-3d")
    await builder.wait_days(3)

    await builder.add("Wait", "Wait four days", "wait-4d")
    await builder.wait_days(4)
    await builder.add("Condition", "Interested?", "interest")
    await builder.holds(1, "The lead replied", "The lead opened an email")
    await email("interested")
    await builder.add("Condition", "Stop here", "stop-interested")
    await builder.holds(1, "Always")
    await builder.leads(1, STOP, "interested_follow_up_sent")
    await email("breakup", without_subject=True)
    await builder.add("Action", "Mark unresponsive", "mark-unresponsive")
    await builder.panel.get_by_role("combobox", name="Does").select_option("Set the lead’s status")
    await builder.panel.get_by_role("combobox", name="Status").fill("unresponsive")

    await builder.connect("Interested?", "Last email")
    await builder.open("Interested?")
    await builder.leads(1, "Go to 7. Interested follow-up")


async def _fix_what_is_missing(builder: Builder) -> None:
    """The server's message appears on the node, in the header and beside the field. Until it is resolved nothing
    starts."""
    page = builder.page
    await builder.save()
    await expect(builder.node("Last email").get_by_role("img", name=re.compile("problem"))).to_be_visible()
    await expect(page.get_by_role("button", name="Activate")).to_be_disabled()
    await page.get_by_role("button", name="1 problem").click()
    await page.get_by_role("menuitem", name=re.compile("^Last email")).click()
    await expect(builder.panel.get_by_role("list", name="What keeps this step from running")).to_contain_text(
        "An email needs a subject"
    )
    subject = builder.panel.get_by_role("textbox", name="Subject", exact=True)
    await subject.fill(STEPS["breakup"]["config"]["subject"])
    await expect(page.get_by_role("button", name="1 problem")).to_be_hidden()
    await builder.save()


async def _enroll_a_messy_file(page: Page, http: httpx.AsyncClient) -> int:
    """The import names rejected rows. The user picks one company's leads and includes the suppressed one. Returns how
    many."""
    await http.post("/suppressions", json={"kind": "address", "value": SUPPRESSED})
    await page.get_by_role("link", name="Enroll").click()
    await page.get_by_role("tab", name="A CSV file").click()
    await page.get_by_label("CSV file of leads").set_input_files(MESSY)
    await page.get_by_role("button", name="Import", exact=True).click()
    rejected = page.get_by_role("table", name="Rejected rows")
    for row, address in ((6, "not-an-address"), (7, "–"), (8, "two@@at.example")):
        named = rejected.get_by_role("row").filter(has=page.get_by_role("cell", name=str(row), exact=True))
        await expect(named.get_by_role("cell").nth(1)).to_have_text(address)
        await expect(named.get_by_role("cell").nth(2)).not_to_be_empty()

    async def pick() -> Locator:
        await page.get_by_role("tab", name="Pick leads").click()
        await page.get_by_role("searchbox", name="Search leads").fill("stark")
        rows = page.get_by_role("table", name="Leads to enroll").get_by_role("row")
        await expect(rows.filter(has_not_text="Stark")).to_have_count(1)  # The table's header.
        await expect(rows.filter(has_text=SUPPRESSED)).to_be_visible()
        await page.get_by_role("checkbox", name="Select all leads shown").check()
        chosen = page.get_by_role("region", name="Selection")
        await chosen.get_by_role("button", name=re.compile("^Check")).click()
        return page.get_by_role("button", name=re.compile("^Enroll [0-9]+ leads?$"))

    await pick()
    skipped = page.get_by_role("table", name="Skipped leads")
    await expect(skipped.get_by_role("row").filter(has_text=SUPPRESSED)).to_contain_text("On the suppression list")

    await page.goto("/app/settings/suppressions")
    await page.get_by_role("button", name=f"Remove {SUPPRESSED}").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove suppression").click()
    await expect(page.get_by_role("heading", name="Nobody is suppressed")).to_be_visible()
    await page.get_by_role("link", name="Sequences", exact=True).click()
    await page.get_by_role("button", name="More for Cold outreach").click()
    await page.get_by_role("menuitem", name="Enroll leads").click()
    button = await pick()
    await expect(skipped).to_be_hidden()
    count = int(re.findall(r"\d+", await button.inner_text())[0])
    await button.click()
    await expect(page.get_by_role("status").filter(has_text=f"{count} leads enrolled.")).to_be_visible()
    await expect(page.get_by_role("progressbar", name="Batch progress")).to_have_attribute("value", "1")
    assert len((await http.get("/enrollments", params={"limit": 200})).json()["items"]) == count
    return count


async def _three_days_later(page: Page, leads: int) -> None:
    await page.get_by_role("link", name="Dev tools").click()
    mails = page.get_by_role("region", name="Captured mail")
    await expect(mails.get_by_role("button").filter(has_text=SUPPRESSED)).to_have_count(1)
    await expect(mails.get_by_role("listitem")).to_have_count(leads)
    await page.get_by_role("button", name="+3 days").click()
    await expect(page.get_by_role("status").filter(has_text=f"{leads} enrollments moved.")).to_be_visible(
        timeout=5 * PATIENCE_MS
    )


async def _reply(page: Page) -> None:
    mails = page.get_by_role("region", name="Captured mail")
    await mails.get_by_role("combobox", name="Recipient's address").fill(SUPPRESSED)
    await mails.get_by_role("combobox", name="Recipient's address").press("Enter")
    await mails.get_by_role("button").filter(has_text="Following up").click()
    mail = page.get_by_role("region", name="Mail", exact=True)
    frame = mail.get_by_title("HTML of Following up - Stark; Wayne LLP").content_frame
    await expect(frame.get_by_text("Hi Priya", exact=False)).to_contain_text("just circling back on my note")
    await mail.get_by_role("button", name="Reply…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(mail.get_by_role("status")).to_contain_text("A reply, says Cadenza")
    await mail.get_by_role("link", name="Open the lead").click()
    await expect(page.get_by_text("Stopped: the lead replied").first).to_be_visible()
    entries = page.get_by_role("listitem")
    await expect(entries.filter(has_text=re.compile("^Replied"))).to_be_visible()
    await expect(entries.filter(has_text="Sent “Following up - Stark; Wayne LLP”")).to_be_visible()


async def _read_the_funnel(page: Page, http: httpx.AsyncClient, sequence_id: str, leads: int) -> None:
    await page.get_by_role("link", name="Cold outreach", exact=True).click()
    await page.get_by_role("link", name="Analytics").click()
    funnel = page.get_by_role("listitem")

    def step(name: str) -> Locator:
        return funnel.filter(has=page.get_by_role("heading", name=name, exact=True))

    await expect(step("Introduction")).to_contain_text(re.compile(rf"Reached\s*{leads}\s*100"))
    await expect(step("Follow-up")).to_contain_text(re.compile(rf"Sent\s*{leads}(?!\d)"))
    await expect(step("Follow-up")).to_contain_text(re.compile(r"Replied\s*1(?!\d)"))
    told: dict[str, Any] = (await http.get(f"/sequences/{sequence_id}/analytics")).json()
    assert [one["key"] for one in told["funnel"]] == list(STEPS)
    for one in told["funnel"]:
        for name in ("reached", "here_now", *(("sent", "opened", "replied") if one["type"] == "email" else ())):
            label = name.replace("_", " ").capitalize()
            await expect(step(one["name"])).to_contain_text(re.compile(rf"{label}\s*{one[name]}(?!\d)"))
    assert told["totals"]["stopped"] == {"replied": 1}
    await expect(page.get_by_role("definition").last).to_have_text("1 100%")


def _with_defaults(step: dict[str, Any]) -> dict[str, Any]:
    """Returns a step without its position, and with the defaults that its config leaves out."""
    config = json.loads(json.dumps(step["config"]))
    if step["type"] == "condition":
        config.setdefault("else", {"continue": True})
    if step["type"] == "delay":
        config = {"days": 0, "hours": 0, "minutes": 0} | config
    if config.get("subject") == "":
        del config["subject"]
    return {name: step[name] for name in ("key", "name", "type")} | {"delay": step.get("delay"), "config": config}
