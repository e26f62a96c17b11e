import type { Markup } from "./markup.js";
import { markup } from "./markup.js";

/** How well a classifier does on some texts, as a report shows it. */
export interface ReportScores {
  /** A sentence for each model that was measured: the network first, then what it is compared with. */
  models: readonly (readonly [name: string, accuracy: number])[];
  labels: readonly { label: string; precision: number; recall: number; f1: number; support: number }[];
  /** [truth][prediction] counts; null where texts have several labels. */
  confusion: readonly (readonly number[])[] | null;
}

/** A text that was given a label. */
export interface LabelledSample {
  /** The tokens as they stand in the text. */
  tokens: readonly string[];
  /** How much each token counted; null where the pooling has no weights. */
  weights: ArrayLike<number> | null;
  label: string;
  /** Its probability. */
  probability: number;
  /** The label that a person gave it. */
  truth: string;
}

/** Labels of which each gets a row and a column of the confusion. */
const mostLabels = 30;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Accuracy of the models, scores of each label, and which label is taken for which. */
export function scoresSection({ models, labels, confusion }: ReportScores): Markup {
  const model = ([name, accuracy]: readonly [string, number]) =>
    markup`<tr><th scope="row">${name}</th><td>${percent(accuracy)}</td></tr>`;
  const row = ({ label, precision, recall, f1, support }: ReportScores["labels"][number]) =>
    markup`<tr><th scope="row">${label}</th>${[precision, recall, f1].map((share) => markup`<td>${percent(share)}</td>`)}<td>${support.toLocaleString("en-US")}</td></tr>
`;
  const head = ["label", "precision", "recall", "F1", "texts"].map((name) => markup`<th scope="col">${name}</th>`);
  const matrix = confusion && labels.length <= mostLabels ? confusionTable(labels, confusion) : "";
  return markup`<section class="scores"><h2>How well it does</h2>
<table><thead><tr><th scope="col">model</th><th scope="col">accuracy</th></tr></thead><tbody>${models.map(model)}</tbody></table>
<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>${labels.map(row)}</tbody></table></div>
${matrix}</section>`;
}

function confusionTable(labels: ReportScores["labels"], confusion: readonly (readonly number[])[]): Markup {
  const cells = (counts: readonly number[], total: number) =>
    counts.map((n) => markup`<td style="${tint(n / Math.max(1, total))}">${n.toLocaleString("en-US")}</td>`);
  const rows = labels.map(
    ({ label, support }, i) =>
      markup`<tr><th scope="row">${label}</th>${cells(confusion[i] as readonly number[], support)}</tr>
`,
  );
  return markup`<p>Rows: the true label; columns: the label that the model gives. The stronger the colour, the greater the share of the row.</p>
<div class="scroll"><table class="confusion"><thead><tr><th></th>${labels.map(({ label }) => markup`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Texts with their labels, coloured by how much each token counted. */
export function labelledSection(samples: readonly LabelledSample[]): Markup {
  const looked = samples.some(({ weights }) => weights !== null);
  const item = ({ tokens, weights, label, probability, truth }: LabelledSample) => {
    const largest = weights ? Array.from(weights).reduce((most, weight) => Math.max(most, weight), 1e-9) : 1;
    const token = (piece: string, t: number) => {
      const weight = weights?.[t];
      return weight === undefined
        ? piece
        : markup`<span style="${tint(weight / largest)}" title="${weight.toFixed(3)}">${piece}</span>`;
    };
    const verdict = label === truth ? "" : markup`, truly <strong>${truth}</strong>`;
    return markup`<li><h3>${label} <small>${percent(probability)}${verdict}</small></h3><div class="text" dir="auto">${tokens.map(token)}</div></li>
`;
  };
  const says = looked
    ? "The stronger the colour, the more a token counted in the attention of the pooling. Point at one for its weight."
    : "Texts, and the labels that the model gives them.";
  return markup`<section><h2>What it reads</h2>
<p>${says}</p><ol class="samples">${samples.map(item)}</ol></section>`;
}

/** The background for a share, from nothing to full. */
function tint(share: number): string {
  return `background: rgba(var(--negative), ${(0.75 * share).toFixed(3)})`;
}
