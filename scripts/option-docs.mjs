// Writes docs/options.md from the tables of options and the comments above them; with --check it fails when the page is out of date.
// The build calls writeOptionDocs(), whose file gives --help its texts.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes dist/option-docs.json: { "Trainer": { "epochs": "Times to ..." } }. */
export function writeOptionDocs() {
  const docs = Object.fromEntries(commentedTables().map(({ title, comments }) => [title, comments]));
  writeFileSync(join(root, "dist/option-docs.json"), JSON.stringify(docs));
}

/** The tables of all files: their folder, their title, and the comments above their options. */
function commentedTables() {
  const names = readdirSync(join(root, "lib"), { recursive: true }).filter((name) => name.endsWith(".ts"));
  return names.sort().flatMap((name) => {
    const text = readFileSync(join(root, "lib", name), "utf8");
    if (!text.includes("table(")) return [];
    const [folder] = name.split(/[\\/]/);
    return tablesUnder(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true), folder);
  });
}

/** The calls `table("title", { ... })` under a node. */
function tablesUnder(node, folder) {
  const found = [];
  const isTable = ts.isCallExpression(node) && node.expression.getText() === "table";
  if (isTable && node.arguments[1] && ts.isObjectLiteralExpression(node.arguments[1])) {
    const [title, rules] = node.arguments;
    const own = rules.properties
      .filter(({ name }) => name)
      .map((property) => [property.name.text, commentOf(property)]);
    found.push({ folder, title: title.text, comments: Object.fromEntries(own.filter(([, text]) => text)) });
  }
  ts.forEachChild(node, (child) => void found.push(...tablesUnder(child, folder)));
  return found;
}

function commentOf(property) {
  const [comment] = ts.getJSDocCommentsAndTags(property);
  return ts.getTextOfJSDocComment(comment?.comment)?.replace(/\s+/g, " ");
}

const folders = {
  train: "Training",
  models: "Models and their data",
  search: "Search",
  nn: "Layers",
  data: "Data and tokenizers",
  formats: "Files",
  executor: "Executors",
  metrics: "Metrics",
  viz: "Pictures",
};

/** docs/options.md, and what is wrong with comments. */
async function page() {
  // Every module, so that every table is there; the main one would run.
  for (const name of readdirSync(join(root, "dist"), { recursive: true })) {
    const isModule = name.endsWith(".js") && !name.startsWith("packed");
    if (isModule && name !== join("cli", "main.js")) await import(join(root, "dist", name));
  }
  const { tables } = await import(join(root, "dist/options.js"));
  const all = commentedTables();
  // A rule that several tables share may have a comment in one of them only.
  const commentFor = (own, name, rule) =>
    [...all.filter(({ title }) => title === own), ...all].find(
      ({ title, comments }) => comments[name] && tables.get(title)?.[name] === rule,
    )?.comments[name];
  const problems = [];
  const sections = Object.entries(folders).flatMap(([folder, heading]) => {
    const own = all.filter((table) => table.folder === folder);
    return own.length === 0 ? [] : [`## ${heading}\n`, ...own.map(({ title }) => sectionOf(title))];
  });
  for (const { folder, title } of all) if (folder === "cli") sectionOf(title);

  function sectionOf(title) {
    const rows = Object.entries(tables.get(title)).map(([name, rule]) => {
      const comment = commentFor(title, name, rule);
      if (comment === undefined) problems.push(`${title}: ${name} has no comment`);
      return rowOf(name, rule, comment ?? "", (problem) => problems.push(`${title}: ${name}: ${problem}`));
    });
    return `### ${title}\n\n| option | value | default | |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  }
  const intro =
    "Made by `node scripts/option-docs.mjs` from the tables of the program itself. On the command line an option has its name in kebab\n" +
    "case (`clipNorm` is `--clip-norm`), unless its row says otherwise; [cli.md](cli.md) lists the flags of each command.\n";
  return { text: `# Options\n\n${intro}\n${sections.join("\n")}`, problems };
}

function rowOf(name, rule, comment, complain) {
  const [, body, , written] = /^(.*?)(\s*Default(:? .*?)\.?)?$/.exec(comment);
  const usual = written?.replace(/^:? /, "");
  const initial = rule.initial === undefined ? undefined : shown(rule.initial);
  const fixed = written !== undefined && !written.startsWith(":");
  if (fixed && usual.replaceAll('"', "") !== initial)
    complain(`the comment says "Default ${usual}", the rule ${initial}`);
  if (initial !== undefined && initial !== "false" && usual === undefined)
    complain(`the comment lacks "Default ${initial}."`);
  const facts = [
    rule.flag && `On the command line \`${rule.flag}\`.`,
    rule.needs &&
      `Needs ${Object.entries(rule.needs)
        .map(([other, values]) => needText(other, values))
        .join(" and ")}.`,
    rule.excludes && `Not with ${rule.excludes.map((other) => `\`${other}\``).join(", ")}.`,
    rule.onResume === "changes" && "May change when a training is resumed.",
    rule.aka && `Elsewhere: ${rule.aka.map((other) => `\`${other}\``).join(", ")}.`,
  ];
  const value = rule.expected.replace(/ and at most (2147483647|4294967295|9007199254740991)| \(as float32\)/g, "");
  const cells = [`\`${name}\``, value, usual ?? initial ?? "required", [body, ...facts].filter(Boolean).join(" ")];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function needText(other, values) {
  return values === true ? `\`${other}\`` : `\`${other}\` ${values.map(shown).join(" or ")}`;
}

function shown(value) {
  return Array.isArray(value) && value.length === 0 ? "none" : typeof value === "string" ? value : String(value);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, problems } = await page();
  const file = join(root, "docs/options.md");
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text)
    problems.push("docs/options.md is out of date: run node scripts/option-docs.mjs");
  for (const problem of problems) process.stderr.write(`option-docs: ${problem}\n`);
  process.exit(problems.length === 0 ? 0 : 1);
}
