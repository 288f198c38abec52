import { expect, test } from "vitest";
import { isOnLoopback } from "./session";

test("a key in the address is taken on this machine alone", () => {
  expect(["localhost", "127.0.0.1", "127.1.2.3", "[::1]"].filter(isOnLoopback)).toHaveLength(4);
  const others = [
    "cadenza.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::]",
    "",
  ];
  expect(others.filter(isOnLoopback)).toEqual([]);
});
