/** Turns a `detail` of the server, which is a clause with names in backticks, into a sentence for a person. */
export function asSentence(detail: string): string {
  const plain = detail.replaceAll("`", "").trim();
  const sentence = plain.charAt(0).toUpperCase() + plain.slice(1);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
