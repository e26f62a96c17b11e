import { theme } from "./colour.js";
import { escapeMarkup } from "./markup.js";
import { widthOf } from "./terminal.js";

/**
 * One picture that needs nothing else: no script, no link, no font. Its ground is painted, and light or dark with the reader's
 * preference, so that it can be read on any page and any slide. Programs that know no preferences draw the light one.
 *
 * Classes for what is drawn: ink, soft, mark, onMark, card, ground (fills), line, softLine, faintLine, markLine, cardLine (strokes).
 */
export function svgPicture(picture: { title: string; width: number; height: number; body: readonly string[] }): string {
  const [width, height] = [decimal(Math.ceil(picture.width)), decimal(Math.ceil(picture.height))];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="ostinato" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="13">
<title>${escapeMarkup(picture.title)}</title>
<style>${rules(theme.light)}
@media (prefers-color-scheme: dark) { ${rules(theme.dark)} }</style>
<rect class="card" width="${width}" height="${height}"/>
${picture.body.join("\n")}
</svg>
`;
}

/** An element, its attributes escaped and its numbers finite. Content is markup; undefined makes an empty element. */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  content?: string | readonly string[],
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? decimal(value) : escapeMarkup(value as string)}"`);
  if (content === undefined) return `<${name}${written.join("")}/>`;
  return `<${name}${written.join("")}>${typeof content === "string" ? content : content.join("")}</${name}>`;
}

/** Text of an element. */
export function textElement(attributes: Record<string, string | number | undefined>, text: string): string {
  return element("text", attributes, escapeMarkup(text));
}

/** The text that shows when one points at the element that it stands in. */
export function tooltip(text: string): string {
  return element("title", {}, escapeMarkup(text));
}

/** At most three decimals, and no -0. @throws RangeError for what no picture can hold: a fault of the caller's arithmetic. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`svg: ${value} cannot be drawn.`);
  return String(Math.round(value * 1000) / 1000 || 0);
}

/**
 * About how wide a text is drawn in a font without serifs. Fonts differ, so it leans to the wide side: wide characters are as
 * wide as they are high, of the others capitals are the widest.
 */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    if (widthOf(character) === 2) ems += 1.02;
    else if (/[mwMW@%\u2014\u2026]/.test(character)) ems += 0.95;
    else if (/[iljtfrI.,:;'!|()[\] ]/.test(character)) ems += 0.36;
    else ems += /\p{Lu}/u.test(character) ? 0.72 : 0.61;
  }
  return ems * size;
}

function rules({ ink, soft, card, line, mark, onMark }: Record<keyof typeof theme.light, string>): string {
  const fills = { ink, soft, card, mark, onMark, ground: line };
  const strokes = { line: ink, softLine: soft, faintLine: line, markLine: mark, cardLine: card };
  return [
    ...Object.entries(fills).map(([name, colour]) => `.ostinato .${name} { fill: ${colour}; }`),
    ...Object.entries(strokes).map(([name, colour]) => `.ostinato .${name} { stroke: ${colour}; }`),
  ].join(" ");
}
