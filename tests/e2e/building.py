"""What a user does in the builder: drags steps in, draws branches from a step's handle, types text."""

import re

from playwright.async_api import Locator, Page, expect

CORNER = 48
"""Pixels from the canvas's upper right corner. No step and no branch is there."""


AT_REST = """node => new Promise(done => {
  let before = "", frames = 0;
  const look = () => {
    const {x, y, width, height} = node.getBoundingClientRect();
    const now = [x, y, width, height].join();
    frames = now === before ? frames + 1 : 0;
    before = now;
    if (frames === 10) done({x, y, width, height});
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Returns the box of the element once it has not moved for ten frames."""


class Builder:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.get_by_role("region", name="Canvas")
        self.panel = page.get_by_role("complementary", name=re.compile("^Step "))
        self.save_button = page.get_by_role("button", name="Save", exact=True)
        self.unsaved = page.get_by_text("Unsaved", exact=True)

    def node(self, title: str) -> Locator:
        return self.canvas.get_by_role("group", name=re.compile(rf"^[^,]+, {re.escape(title)}(,|$)"))

    def kind(self, kind: str) -> Locator:
        """Returns an entry of the palette."""
        return self.page.get_by_role("group", name="Add a step").get_by_role("button", name=kind, exact=True)

    async def add(self, kind: str, name: str, key: str) -> None:
        """Drags a step to the end of the sequence and sets its name and key."""
        box = await self.canvas.bounding_box()
        assert box is not None
        corner = {"x": box["width"] - CORNER, "y": float(CORNER)}
        await self.kind(kind).drag_to(self.canvas, target_position={"x": corner["x"], "y": corner["y"]})
        await self.name(name, key)

    async def add_behind(self, title: str, kind: str, name: str, key: str) -> None:
        """Drags a step onto a free outlet (a plus sign) of another step."""
        await self.show_everything()
        plus = self.canvas.get_by_role("button", name=f"Add a step after {title}", exact=True)
        await self.kind(kind).drag_to(plus)
        await self.name(name, key)

    async def name(self, name: str, key: str) -> None:
        field = self.panel.get_by_role("textbox", name="Key", exact=True)
        await self.panel.get_by_role("textbox", name="Name", exact=True).fill(name)
        await field.fill(key)
        await field.press("Tab")
        await expect(self.node(name)).to_be_visible()

    async def open(self, title: str) -> None:
        await self.node(title).click()
        await expect(self.panel).to_have_accessible_name(f"Step {title}")

    async def write(self, *, subject: str | None, text: str, html: str) -> None:
        if subject is not None:
            await self.panel.get_by_role("textbox", name="Subject", exact=True).fill(subject)
        for tab, words in (("Text", text), ("HTML", html)):
            await self.panel.get_by_role("tab", name=re.compile(f"^{tab}")).click()
            await self.panel.get_by_role("textbox", name=tab, exact=True).fill(words)

    async def wait_days(self, days: int) -> None:
        waits = self.panel.get_by_role("group", name="Waits", exact=True)
        await waits.get_by_role("spinbutton", name="days").fill(str(days))

    def branch(self, number: int) -> Locator:
        return self.panel.get_by_role("listitem", name=f"Branch {number}")

    async def holds(self, number: int, *conditions: str) -> None:
        """Makes the branch hold if any of these conditions is true."""
        branch = self.branch(number)
        if len(conditions) > 1:
            await branch.get_by_role("button", name="And another condition").click()
            await branch.get_by_label("How these conditions join").select_option("Any of these is true")
        for place, condition in enumerate(conditions):
            await branch.get_by_role("combobox", name="Condition", exact=True).nth(place).select_option(condition)

    async def leads(self, number: int, where: str, reason: str | None = None) -> None:
        branch = self.branch(number)
        await branch.get_by_role("combobox", name="Then").select_option(where)
        if reason is not None:
            await branch.get_by_role("textbox", name="Reason").fill(reason)

    async def connect(self, source: str, target: str) -> None:
        """Drags the handle below one step onto another step."""
        await self.show_everything()
        start, end = await self._box(source), await self._box(target)
        mouse = self.page.mouse
        await mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"])
        await mouse.down()
        # Drop in its middle: close to the edge the canvas would scroll.
        await mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
        await self._box(target)
        await mouse.up()

    async def move(self, title: str, *, right: int, down: int) -> None:
        """Drags a step to another place. From then on all steps keep their places."""
        await self.show_everything()
        box = await self._box(title)
        x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 3
        mouse = self.page.mouse
        await mouse.move(x, y)
        await mouse.down()
        await mouse.move(x + right, y + down, steps=8)
        await mouse.up()

    async def show_everything(self) -> None:
        await self.page.get_by_role("button", name="Show everything").click()

    async def places(self) -> dict[str, str]:
        """Returns the position of each step, in the canvas's own pixels."""
        found: list[list[str]] = await self.canvas.get_by_role("group").evaluate_all(
            "nodes => nodes.map(node => [node.ariaLabel.split(', ')[1], node.style.transform])"
        )
        return {title: place for title, place in found}

    async def save(self) -> None:
        await self.save_button.click()
        await expect(self.unsaved).to_be_hidden()

    async def _box(self, title: str) -> dict[str, float]:
        """Returns the step's position once nothing moves any more: the canvas scrolls a moment after the change."""
        return await self.node(title).evaluate(AT_REST)
