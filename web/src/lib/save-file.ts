/** Offers a file as a download of the browser. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Later: some browsers read the file only after the click was handled.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
