import { groupColours } from "./colour.js";
import type { Markup } from "./markup.js";
import { markup } from "./markup.js";
import type { TaggedPiece, TaggedText } from "./taggedText.js";
import { tagsIn } from "./taggedText.js";

/** Sentences with their spans, or their tags, in colour; which are wrong, and what is missed, where a person has marked them too. */
export function taggedSection(texts: readonly TaggedText[]): Markup {
  const tags = tagsIn(texts);
  const colour = (tag: string) => `${groupColours[tags.indexOf(tag) % groupColours.length]}55`;
  const piece = ({ tokens, tag, right }: TaggedPiece) => {
    const text = tokens.join(" ");
    if (tag === null) return markup`${text} `;
    const wrong = right === false;
    return markup`<mark class="${wrong ? "tag wrong" : "tag"}" style="background:${colour(tag)}">${text}<small>${tag}${wrong ? " ✗" : ""}</small></mark> `;
  };
  const item = ({ pieces, missed }: TaggedText) => {
    const others = missed.map(
      ({ text, tag }) =>
        markup` <mark class="tag missed" style="border-color:${colour(tag)}">${text}<small>${tag}</small></mark>`,
    );
    return markup`<li><div class="text" dir="auto">${pieces.map(piece)}</div>${others.length > 0 ? markup`<p>Missed:${others}</p>` : ""}</li>
`;
  };
  return markup`<section><h2>What it tags</h2>
<p>Each tag has a colour of its own; ✗ marks what a person tagged otherwise.</p><ol class="samples">${texts.map(item)}</ol></section>`;
}
