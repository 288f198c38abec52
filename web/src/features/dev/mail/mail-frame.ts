/** The HTML of a mail for a sandboxed frame. Nothing is loaded for it, since loading an image would count as an open
 * by the lead. For the same reason its links lead nowhere. */
export function mailPage(html: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return [
    "<!doctype html>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    // The sandbox forbids new windows, so a link that opens one does nothing.
    '<base target="_blank">',
    "<style>html{color-scheme:light;background:#fff;color:#111;font:14px/1.5 sans-serif}body{margin:16px;",
    "overflow-wrap:anywhere}img{max-width:100%}</style>",
    html,
  ].join("");
}
