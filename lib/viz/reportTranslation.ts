import type { AttentionMap } from "./attentionMap.js";
import { attentionSVG } from "./attentionSVG.js";
import { Markup, markup } from "./markup.js";

/** One pair, and what the model made of its source. */
export interface TranslationSample {
  source: string;
  /** Text of a person. */
  reference: string;
  /** Text of the model. */
  hypothesis: string;
}

/** The sources, the references and the hypotheses, beside each other. */
export function translationSection(samples: readonly TranslationSample[]): Markup {
  const row = ({ source, reference, hypothesis }: TranslationSample) =>
    markup`<tr>${[source, reference, hypothesis].map((text) => markup`<td dir="auto">${text}</td>`)}</tr>
`;
  const head = ["source", "reference", "hypothesis"].map((name) => markup`<th scope="col">${name}</th>`);
  return markup`<section class="translations"><h2>What it writes</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>${samples.map(row)}</tbody></table></div></section>`;
}

/** Alignments, one picture for each pair. */
export function attentionSection(maps: readonly (AttentionMap & { caption?: string })[]): Markup {
  const figure = (map: AttentionMap & { caption?: string }) => {
    const caption = map.caption === undefined ? "" : markup`<figcaption>${map.caption}</figcaption>`;
    const picture = new Markup(attentionSVG(map, { title: map.caption ?? "Attention" }));
    return markup`<figure class="picture">${picture}${caption}</figure>
`;
  };
  return markup`<section><h2>Attention</h2>
<p>Where the model looked in the source (on top) while it wrote each token (at the left): the stronger the colour, the greater the weight.
Point at a cell for its value.</p>
<div class="pictures">${maps.map(figure)}</div></section>`;
}
