/** Text as it may stand in HTML and in XML, between tags and in attributes. What XML cannot hold at all becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(unwritable, "\ufffd").replace(/[&<>"']/g, (character) => names[character] as string);
}

/** XML 1.0, production 2: control characters, halves of surrogate pairs and two that are no characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text that is markup already, and stands in other markup as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** A value between the parts of a template: texts and numbers are escaped, lists joined, nothing stands for undefined. */
export type Interpolated = string | number | Markup | undefined | readonly Interpolated[];

/**
 * HTML from a template. Whatever is interpolated is escaped, unless it is Markup: a part that is forgotten cannot break out.
 *
 * ```ts
 * markup`<h1>${title}</h1>${sections}`.text;
 * ```
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Interpolated[]): Markup {
  return new Markup(parts.map((part, i) => part + written(values[i])).join(""));
}

function written(value: Interpolated): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(written).join("");
  // Also what no type allows: a number of a foreign file may be a text.
  return escapeMarkup(String(value));
}

/** The end of a script. In no template itself: bundlers rewrite one that holds it, as their own output may stand in a page. */
export const scriptEnd = new Markup("</script>");
