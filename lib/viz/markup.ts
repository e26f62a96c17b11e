/** Text as it may stand in HTML and in XML, between tags and in attributes. What XML cannot hold at all becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(unwritable, "\ufffd").replace(/[&<>"']/g, (character) => names[character] as string);
}

/** XML 1.0, production 2: control characters, halves of surrogate pairs and two that are no characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
