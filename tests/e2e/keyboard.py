"""A user who works by keyboard alone. At every stop the focus must be visible."""

from typing import Literal

from playwright.async_api import Locator, Page, expect

MOST_STOPS = 150
UNSEEN = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return '';
  const style = getComputedStyle(one);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return one.matches(':focus-visible') && (outlined || style.boxShadow !== 'none') ? '' : one.outerHTML.slice(0, 300);
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, key: str) -> None:
        await self.page.keyboard.press(key)

    async def go_to(self, target: Locator, by: Literal["Tab", "Shift+Tab"] = "Tab") -> None:
        """Presses the key until `target` has the focus."""
        await expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            await self.press(by)
            unseen = await self.page.evaluate(UNSEEN)
            assert unseen == "", f"the focus is not visible on {unseen}"
            if await target.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"{by} never reaches {target}")

    async def use(self, target: Locator, key: str = "Enter") -> None:
        await self.go_to(target)
        await self.press(key)

    async def type_into(self, field: Locator, text: str) -> None:
        """Types over the present text."""
        await self.go_to(field)
        await self.press("Control+a")
        await self.page.keyboard.type(text)

    async def choose(self, select: Locator, option: str) -> None:
        await self.go_to(select)
        chosen = "one => one.selectedOptions[0].label"
        for _ in range(await select.get_by_role("option").count()):
            if await select.evaluate(chosen) == option:
                return
            await self.press("ArrowDown")
        assert await select.evaluate(chosen) == option
