/** A mail as a page of its own for a sandboxed frame. Nothing is fetched for it: a picture that is fetched would count as
 * an open, and whoever looks here is not the lead. Its links lead nowhere, for the same reason. */
export function mailPage(html: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return [
    "<!doctype html>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    // A new window is what the sandbox forbids: so a link that is pressed does nothing.
    '<base target="_blank">',
    "<style>html{color-scheme:light;background:#fff;color:#111;font:14px/1.5 sans-serif}body{margin:16px;",
    "overflow-wrap:anywhere}img{max-width:100%}</style>",
    html,
  ].join("");
}
