import type { CaptionPicture } from "./captionSVG.js";
import { captionSVG } from "./captionSVG.js";
import { Markup, markup } from "./markup.js";

/** A caption in the report, beside those of people. */
export interface CaptionSample extends CaptionPicture {
  references: readonly string[];
}

/** Captions with their pictures. */
export function captionSection(samples: readonly CaptionSample[]): Markup {
  const figure = ({
    references,
    ...picture
  }: CaptionSample) => markup`<figure class="picture">${new Markup(captionSVG(picture))}
<figcaption dir="auto">${references.join(" · ")}</figcaption></figure>
`;
  return markup`<section><h2>What it sees</h2>
<p>Where the model looked while it wrote each word: the darker a place, the smaller its weight. Below each picture are the captions of people.
Point at a place for its weight.</p>
<div class="pictures">${samples.map(figure)}</div></section>`;
}
