/** Turns a `detail` of the server, which is a clause with names in backticks, into a sentence for a person. */
export function plainSentence(detail: string): string {
  const plain = detail.replaceAll("`", "");
  const begun = plain.charAt(0).toUpperCase() + plain.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
