import type { AttentionMap } from "./attentionMap.js";
import { attentionSVG } from "./attentionSVG.js";
import { escapeMarkup } from "./markup.js";

/** One pair, and what the model made of its source. */
export interface TranslationSample {
  source: string;
  /** What a person wrote. */
  reference: string;
  /** What the model wrote. */
  hypothesis: string;
}

/** The sources, the references and the hypotheses, beside each other. */
export function translationSection(samples: readonly TranslationSample[]): string {
  const row = ({ source, reference, hypothesis }: TranslationSample) =>
    `<tr>${[source, reference, hypothesis].map((text) => `<td dir="auto">${escapeMarkup(text)}</td>`).join("")}</tr>`;
  const head = ["source", "reference", "hypothesis"].map((name) => `<th scope="col">${name}</th>`).join("");
  return `<section class="translations"><h2>What it writes</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>${samples.map(row).join("\n")}</tbody></table></div></section>`;
}

/** Alignments, one picture for each pair. */
export function attentionSection(maps: readonly (AttentionMap & { caption?: string })[]): string {
  const figure = (map: AttentionMap & { caption?: string }) => {
    const caption = map.caption === undefined ? "" : `<figcaption>${escapeMarkup(map.caption)}</figcaption>`;
    return `<figure class="picture">${attentionSVG(map, { title: map.caption ?? "Attention" })}${caption}</figure>`;
  };
  return `<section><h2>Attention</h2>
<p>Where the model looked in the source (on top) while it wrote each token (at the left): the stronger the colour, the greater the weight.
Point at a cell for its value.</p>
<div class="pictures">${maps.map(figure).join("\n")}</div></section>`;
}
