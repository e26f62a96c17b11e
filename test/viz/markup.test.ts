import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { Markup, markup } from "../../lib/viz/markup.js";
import { hostile } from "./hostile.js";

test("whatever is interpolated is escaped, unless it is markup already", () => {
  const list = ["<b>", markup`<i>${"&"}</i>`, 5, undefined];
  expect(markup`<p title="${'"x'}">${list}${new Markup("<hr>")}</p>`.text).toBe(
    '<p title="&quot;x">&lt;b&gt;<i>&amp;</i>5<hr></p>',
  );
  for (const text of hostile) expect(markup`${text}`.text).not.toMatch(/[<>"'\0\ufffe]/);
});

/** Literals and templates of a source that hold the beginning of a tag, but for those of `markup`. */
function tagsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "markup") {
      // A value that is interpolated may be anything again.
      if (ts.isTemplateExpression(node.template))
        for (const { expression } of node.template.templateSpans) visit(expression);
      return;
    }
    const text = ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node) ? node.text : "";
    if (/<[a-z!/]/.test(text)) found.push(text.slice(0, 60));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true));
  return found;
}

test("no text of lib/viz makes markup past markup.ts and svg.ts", () => {
  const example = ["const a = `<b>$", '{x}</b>`; f("<i>" + y); markup`<p>$', "{`<u>$", "{z}`}</p>`;"].join("");
  expect(tagsIn(example)).toEqual(["<b>", "</b>", "<i>", "<u>"]);
  const folder = join(import.meta.dirname, "../../lib/viz");
  const files = readdirSync(folder).filter((file) => file !== "svg.ts" && file !== "markup.ts");
  const past = files.flatMap((file) =>
    tagsIn(readFileSync(join(folder, file), "utf8")).map((text) => `${file}: ${text}`),
  );
  expect(past).toEqual([]);
});
