import { expect, it } from "vitest";
import { mailPage } from "./mail-frame";

it("puts the policy that fetches nothing before anything of the mail", () => {
  const page = mailPage(
    '<html><head><meta http-equiv="refresh"></head><img src="https://t.example/o.gif"></html>',
  );
  expect(page.indexOf("default-src 'none'")).toBeGreaterThan(0);
  expect(page.indexOf("default-src 'none'")).toBeLessThan(page.indexOf("refresh"));
  expect(page).toContain("img-src data:");
  expect(page).not.toMatch(/script-src|'self'/);
});
