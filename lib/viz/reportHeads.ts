import type { AttentionHeads } from "./headsSVG.js";
import { headsSVG } from "./headsSVG.js";
import { Markup, markup } from "./markup.js";

/** Which token looks at which, by head, a picture for each block. */
export function headsSection(blocks: readonly AttentionHeads[]): Markup {
  const figure = (block: AttentionHeads) =>
    markup`<figure class="picture">${new Markup(headsSVG([block], { title: block.name }))}</figure>
`;
  return markup`<section><h2>Heads</h2>
<p>Which token (at the left) looks at which (on top), in each head of each block: the stronger the colour, the greater the weight. Point at a
cell for its value.</p>
<div class="pictures">${blocks.map(figure)}</div></section>`;
}
