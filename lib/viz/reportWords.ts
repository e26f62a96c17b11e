import type { LookupTable } from "./lookupTableSVG.js";
import { lookupTableSVG } from "./lookupTableSVG.js";
import { Markup, markup } from "./markup.js";
import type { VectorMap } from "./vectorMap.js";
import { vectorMapSVG } from "./vectorMapSVG.js";

/** Words, their vectors, and what lies near them. */
export interface ReportWords {
  table: LookupTable;
  map: VectorMap | null;
  neighbours: readonly { word: string; near: readonly { word: string; similarity: number }[] }[];
  /** How well the vectors agree with people, by file. */
  agreement: readonly (readonly [name: string, value: string])[];
}

/** The lookup table, the map, and the neighbours of some words. */
export function wordSection({ table, map, neighbours, agreement }: ReportWords): Markup {
  const row = ({ word, near }: ReportWords["neighbours"][number]) =>
    markup`<tr><th scope="row">${word}</th><td>${near
      .map(({ word: other, similarity }) => `${other} (${similarity.toFixed(2)})`)
      .join(", ")}</td></tr>`;
  const measured = agreement.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return markup`${agreement.length > 0 ? markup`<section><h2>What people say</h2><table>${measured}</table></section>` : ""}
<section><h2>The table</h2>
<p>Each word has a row of numbers, which stands for it wherever the model reads it.</p><figure class="picture">${new Markup(lookupTableSVG(table))}</figure></section>
${map ? markup`<section><h2>The map</h2><p>The plane in which these vectors differ most; words that are used alike lie together.</p><figure class="picture">${new Markup(vectorMapSVG(map))}</figure></section>` : ""}
<section><h2>What lies near</h2><p>The words with the smallest angle to each word, with the cosine of it.</p><table>${neighbours.map(row)}</table></section>`;
}
