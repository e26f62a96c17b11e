/** The script of a report: draws the curves with uPlot and colours the text. Plain JavaScript, no network. */
export const reportScript = String.raw`
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

if (data.history) {
  const { step, loss, norm, rate, validations } = data.history;
  const smooth = [];
  const weight = Math.min(0.98, 1 - 1 / Math.max(2, step.length / 40));
  let mean = 0, total = 0;
  for (const value of loss) { mean = weight * mean + (1 - weight) * value; total = weight * total + 1 - weight; smooth.push(mean / total); }
  const xs = [...new Set([...step, ...validations.map(([s]) => s)])].sort((a, b) => a - b);
  const at = (keys, values) => { const map = new Map(keys.map((k, i) => [k, values[i]])); return xs.map((x) => map.get(x) ?? null); };
  const axis = () => ({ stroke: colour("--soft"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } });
  // Enough digits to tell neighbours apart: 0.001, 0.0015, 0.002; those between the powers of a logarithmic axis may be null.
  const label = (value) => (value === null ? "" : String(Number(value.toPrecision(3))));
  const charts = [];
  const draw = (id, height, series, values, log) => {
    const box = document.getElementById(id);
    box.textContent = "";
    const options = { width: box.clientWidth, height, scales: { x: { time: false }, y: { distr: log ? 3 : 1 } }, axes: [axis(), { ...axis(), size: 64, values: (_, splits) => splits.map(label) }],
      series: [{ label: "update" }, ...series.map((s) => ({ width: 1.5, spanGaps: true, points: { show: false }, ...s }))] };
    charts.push({ box, chart: new uPlot(options, [xs, ...values], box), height });
  };
  const drawAll = () => {
    charts.length = 0;
    const log = document.getElementById("log").checked;
    const points = { label: "validation", stroke: colour("--valid"), width: 2, points: { show: true, size: 7, fill: colour("--valid") } };
    draw("loss", 320, [{ label: "batch", stroke: colour("--raw"), width: 1 }, { label: "running mean", stroke: colour("--mean"), width: 2 }, points],
      [at(step, loss), at(step, smooth), at(validations.map(([s]) => s), validations.map(([, l]) => l))], log);
    if (document.getElementById("norm")) draw("norm", 200, [{ label: "norm", stroke: colour("--mean") }], [at(step, norm)], log);
    draw("rate", 200, [{ label: "rate", stroke: colour("--mean") }], [at(step, rate)], false);
  };
  drawAll();
  document.getElementById("log").addEventListener("change", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", () => charts.forEach(({ box, chart, height }) => chart.setSize({ width: box.clientWidth, height })));
}

if (data.trace) {
  const { tokens, surprise, layers, order } = data.trace;
  for (const layer of layers) layer.bytes = Int8Array.from(atob(layer.values), (c) => c.charCodeAt(0));
  const [text, unit, feature, reading] = ["text", "unit", "feature", "reading"].map((id) => document.getElementById(id));
  const spans = tokens.map((token) => {
    const span = document.createElement("span");
    span.textContent = token;
    if (token.includes("\n")) { const end = document.createElement("span"); end.className = "end"; end.textContent = "\u21b5"; text.append(end); }
    text.append(span);
    return token.includes("\n") ? span.previousSibling : span;
  });
  const list = () => {
    unit.replaceChildren(...order[feature.value].map(([layer, index, score], i) => new Option(layers[layer].name + ", unit " + index + " (" + score + ")", i)));
    paint();
  };
  const paint = () => {
    const bits = document.getElementById("surprise").checked;
    const [layer, index] = order[feature.value][unit.selectedIndex];
    const { units, bytes, limit, centre, name } = layers[layer];
    let largest = centre ? 127 : 1;
    if (!bits && !centre) for (let t = 0; t < spans.length; t++) largest = Math.max(largest, Math.abs(bytes[t * units + index]));
    spans.forEach((span, t) => {
      const value = bits ? surprise[t] / 10 : bytes[t * units + index] / largest;
      span.style.background = "rgba(var(" + (value > 0 ? "--positive" : "--negative") + ")," + Math.min(1, Math.abs(value) * 0.85).toFixed(3) + ")";
      span.title = bits ? surprise[t].toFixed(1) + " bits" : (centre + (bytes[t * units + index] / 127) * limit).toFixed(3);
    });
    reading.textContent = bits ? "Bits of surprise: how unexpected each token was after those before it." : name + ", unit " + index + ". Point at a token for its value.";
  };
  const move = (by) => { unit.selectedIndex = (unit.selectedIndex + by + unit.length) % unit.length; paint(); };
  feature.addEventListener("change", list);
  unit.addEventListener("change", paint);
  document.getElementById("surprise").addEventListener("change", paint);
  document.getElementById("previous").addEventListener("click", () => move(-1));
  document.getElementById("next").addEventListener("click", () => move(1));
  list();
}
`;
