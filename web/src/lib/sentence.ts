/** The server's `detail`, which names things in backticks and begins small, as a sentence for a person. */
export function plainSentence(detail: string): string {
  const plain = detail.replaceAll("`", "");
  const begun = plain.charAt(0).toUpperCase() + plain.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
