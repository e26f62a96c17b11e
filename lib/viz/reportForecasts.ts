import type { ForecastChart } from "./forecastChart.js";
import { forecastSVG } from "./forecastSVG.js";
import { Markup, markup } from "./markup.js";

/** How good forecasts were, as a report shows it. */
export interface ReportForecastScores {
  /** Names of the scores. */
  titles: readonly string[];
  /** The scores of each forecast as they are written: the model's first, then those that learn nothing. */
  rows: readonly (readonly [name: string, scores: readonly string[]])[];
  /** A sentence that says whether the model pays. */
  verdict: string;
}

/** Charts of forecasts, beside what came where that is known. */
export function forecastSection(charts: readonly ForecastChart[]): Markup {
  const came = charts.some(({ truth }) => truth !== undefined);
  const says = came
    ? "The values before, the forecast, and what came: the first line goes on through it. The bands are the intervals in which the model expected it"
    : "The last values, the forecast, and the intervals in which it expects them";
  return markup`<section><h2>${came ? "What it would have said" : "What comes next"}</h2>
<p>${says}: point at one to see how many.</p>
<figure>${new Markup(forecastSVG(charts))}</figure></section>`;
}

/** The scores of a model beside those of forecasts that learn nothing. */
export function forecastScoresSection({ titles, rows, verdict }: ReportForecastScores): Markup {
  const row = ([name, scores]: ReportForecastScores["rows"][number]) =>
    markup`<tr><th scope="row">${name}</th>${scores.map((score) => markup`<td>${score}</td>`)}</tr>
`;
  const head = titles.map((title) => markup`<th scope="col">${title}</th>`);
  return markup`<section class="scores"><h2>How well it does</h2>
<div class="scroll"><table><thead><tr><th scope="col">forecast</th>${head}</tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>
<p>${verdict}</p></section>`;
}
