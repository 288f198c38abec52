/** Reads the column names from the beginning of a CSV file, so that the user can map them. The server reads the file
 * itself, with every encoding and delimiter that it knows. */

const LOOK_BYTES = 64 * 1024;
const DELIMITERS = [",", ";", "\t", "|"] as const;

export async function columnsOf(file: Blob): Promise<string[]> {
  return headerCells(decode(new Uint8Array(await file.slice(0, LOOK_BYTES).arrayBuffer())));
}

export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // Decoded as a stream: the part that was read may end in the middle of a character.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The names in the first line that has any. Empty if the file is not text. */
export function headerCells(text: string): string[] {
  if (text.includes("\u0000")) return [];
  const lines = text.split(/\r\n|\r|\n/);
  let told: string | undefined;
  for (const line of lines) {
    if (!line.trim()) continue;
    const separator = /^sep=(.)$/i.exec(line.trim());
    if (separator && told === undefined) {
      told = separator[1];
      continue;
    }
    const readings = (told ? [told] : DELIMITERS).map((delimiter) => cells(line, delimiter));
    const best = readings.reduce((one, other) => (other.length > one.length ? other : one));
    return best.map((cell) => cell.trim()).filter(Boolean);
  }
  return [];
}

function cells(line: string, delimiter: string): string[] {
  const found: string[] = [""];
  let quoted = false;
  for (let place = 0; place < line.length; place++) {
    const sign = line.charAt(place);
    if (sign === '"' && quoted && line.charAt(place + 1) === '"') {
      found[found.length - 1] += '"';
      place++;
    } else if (sign === '"') quoted = !quoted;
    else if (sign === delimiter && !quoted) found.push("");
    else found[found.length - 1] += sign;
  }
  return found;
}

/** The fields that a column can be mapped to. */
export const TARGETS: readonly [value: string, label: string][] = [
  ["email", "Email"],
  ["first_name", "First name"],
  ["last_name", "Last name"],
  ["full_name", "Full name"],
  ["company", "Company"],
  ["title", "Title"],
  ["phone", "Phone"],
  ["timezone", "Time zone"],
  ["tags", "Tags"],
];
export const AUTOMATIC = "auto";
export const LEFT_OUT = "out";
export const CUSTOM = "custom";

/** The mapping to send, of the columns for which something was chosen. Null if there are none. */
export function mappingOf(chosen: Readonly<Record<string, string>>): Record<string, string> | null {
  const told = Object.entries(chosen).filter(([, target]) => target !== AUTOMATIC);
  if (told.length === 0) return null;
  return Object.fromEntries(told.map(([column, target]) => [column, targetOf(column, target)]));
}

function targetOf(column: string, target: string): string {
  if (target === LEFT_OUT) return "";
  return target === CUSTOM ? `custom.${customKey(column)}` : target;
}

function customKey(column: string): string {
  const words = column
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{N}_]+/gu);
  return words?.join("_") || "column";
}
