import { expect, it } from "vitest";
import { toCsv } from "./csv";

it("quotes, ends its lines and leaves out what is not known", () => {
  expect(
    toCsv(
      ["name", "count"],
      [
        ['say "hi", twice', 2],
        ["a\nb", null],
      ],
    ),
  ).toBe('name,count\r\n"say ""hi"", twice",2\r\n"a\nb",\r\n');
});

it.each(["=1+1", "+1", "-1", "@sum", "\tx"])("guards %j, which a spreadsheet would calculate", (text) => {
  expect(toCsv(["h"], [[text]])).toBe(`h\r\n'${text}\r\n`);
});

it("leaves a negative number a number", () => {
  expect(toCsv(["h"], [[-1.5]])).toBe("h\r\n-1.5\r\n");
});
