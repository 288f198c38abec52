/** Hands a file to the browser's downloads. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Later: some browsers read it only after the click was dealt with.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
