import { blue, red, theme } from "./colour.js";

/** The look of the report: light and dark, narrow and wide, on paper. */
export const reportStyle = `
:root { color-scheme: light dark; ${variables(theme.light)} --paper: #fbfaf7;
  --raw: #b9c4d0; --valid: #c8452e; --positive: ${red.join(", ")}; --negative: ${blue.join(", ")}; }
@media (prefers-color-scheme: dark) { :root { ${variables(theme.dark)} --paper: #14191f;
  --raw: #46535f; --valid: #ff8f77; --positive: 235, 96, 72; --negative: 72, 148, 240; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Noto Sans", "Noto Sans KR", sans-serif; }
header, main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
h1 { font-size: 1.9rem; margin: 0; letter-spacing: -0.01em; } header p { color: var(--soft); margin: 0.3rem 0 1.2rem; }
h2 { font-size: 1.2rem; margin: 0 0 0.8rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.7rem 0.9rem; }
.figures dt { color: var(--soft); font-size: 0.8rem; } .figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.2rem; margin: 0 0 1.25rem; }
figure { margin: 0; min-width: 0; } figcaption { color: var(--soft); font-size: 0.85rem; margin-top: 0.3rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.25rem; margin-top: 1.25rem; }
.u-legend { font-size: 0.8rem; text-align: left; } .chart { width: 100%; overflow: hidden; }
.controls { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin-bottom: 0.7rem; font-size: 0.9rem; }
select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 0.2rem 0.5rem; }
.text, pre { font: 0.9rem/1.75 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", "Noto Sans Mono CJK KR", monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.text span { border-radius: 2px; padding: 1px 0; } .text .end { opacity: 0.45; }
.positive { background: rgba(var(--positive), 0.55); border-radius: 3px; padding: 0 0.3em; } .negative { background: rgba(var(--negative), 0.55); border-radius: 3px; padding: 0 0.3em; }
#reading { color: var(--soft); font-size: 0.9rem; margin: 0 0 0.6rem; }
.samples { list-style: none; margin: 0; padding: 0; } .samples li { border-top: 1px solid var(--line); padding: 0.8rem 0; } .samples li:first-child { border: 0; padding-top: 0; }
.samples h3 { font-size: 0.95rem; margin: 0 0 0.3rem; } .samples small { color: var(--soft); font-weight: normal; margin-left: 0.5rem; }
.picture { overflow-x: auto; } .picture svg { display: block; max-width: 100%; height: auto; } .pictures { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; } .pictures .picture { flex: 0 1 auto; max-width: 100%; } .pictures figcaption { max-width: 32rem; }
.translations table { width: 100%; } .translations td, .translations th { vertical-align: top; padding: 0.35rem 1rem 0.35rem 0; white-space: normal; }
.translations tbody tr { border-top: 1px solid var(--line); } .scroll { overflow-x: auto; }
.scores table { margin-bottom: 1rem; } .scores td { padding: 0.15rem 0.9rem; text-align: right; } .scores th[scope="col"] { text-align: right; padding: 0.15rem 0.9rem; }
.tag { color: inherit; border: 2px solid transparent; border-radius: 4px; padding: 0 0.25em; } .tag small { margin-left: 0.35em; color: var(--soft); } .tag.wrong { border: 2px dashed var(--valid); } .tag.missed { background: none; border-style: dotted; }
table { border-collapse: collapse; font-size: 0.9rem; } th { text-align: left; font-weight: 500; color: var(--soft); padding: 0.15rem 1.5rem 0.15rem 0; } td { font-variant-numeric: tabular-nums; }
@media print { .controls { display: none; } section { break-inside: avoid; } }
`;

function variables({ ink, soft, card, line, mark }: Record<keyof typeof theme.light, string>): string {
  return `--ink: ${ink}; --soft: ${soft}; --card: ${card}; --line: ${line}; --mean: ${mark};`;
}
