import { describe, expect, it } from "vitest";
import { AUTOMATIC, CUSTOM, columnsOf, decode, headerCells, LEFT_OUT, mappingOf } from "./csv-header";

describe("the columns of a file", () => {
  it.each([
    ["Email,First Name,Plan\na@b.example,Ada,pro", ["Email", "First Name", "Plan"]],
    ["\r\n  \r\nEmail;Name\r\n", ["Email", "Name"]],
    ["sep=;\nEmail;A,B\n", ["Email", "A,B"]],
    ['"E-mail, work",Name', ["E-mail, work", "Name"]],
    ['"The ""best""",Name', ['The "best"', "Name"]],
    ["Email\tName", ["Email", "Name"]],
    ["Email", ["Email"]],
    ["", []],
    ["PK\u0003\u0004\u0000,x", []],
  ])("of %j", (text, columns) => {
    expect(headerCells(text)).toEqual(columns);
  });

  it("reads what spreadsheets write", async () => {
    expect(decode(new Uint8Array([0xff, 0xfe, 0x41, 0x00]))).toBe("A");
    expect(decode(new Uint8Array([0xfe, 0xff, 0x00, 0x41]))).toBe("A");
    expect(decode(new Uint8Array([0x4e, 0xfa, 0xf1, 0x65, 0x7a]))).toBe("Núñez");
    expect(await columnsOf(new Blob(["\ufeffEmail,Größe\n"]))).toEqual(["Email", "Größe"]);
  });

  it("reads a part of a file that ends in the middle of a character", () => {
    expect(decode(new Uint8Array([0x41, 0xc3]))).toBe("A");
  });
});

describe("the mapping", () => {
  it("sends only what was chosen", () => {
    expect(mappingOf({ Email: AUTOMATIC })).toBeNull();
    expect(
      mappingOf({ Email: AUTOMATIC, Mail: "email", Notes: LEFT_OUT, "Deal size (€)": CUSTOM, "€": CUSTOM }),
    ).toEqual({ Mail: "email", Notes: "", "Deal size (€)": "custom.deal_size", "€": "custom.column" });
  });
});
