import type { FramePicture } from "./frameSVG.js";
import { frameSVG } from "./frameSVG.js";
import { Markup, markup } from "./markup.js";

/** Sequences with the labels that a model gives their frames. */
export function frameSection(pictures: readonly FramePicture[]): Markup {
  const figure = (picture: FramePicture) => markup`<figure class="picture">${new Markup(frameSVG(picture))}</figure>
`;
  return markup`<section><h2>What it says, frame by frame</h2>
<p>The darker a place, the likelier the label at that frame; true labels are framed. Point at a place for its probability.</p>
<div class="pictures">${pictures.map(figure)}</div></section>`;
}
