import ts from "typescript";
import { expect, test } from "vitest";

interface Part {
  begin: number;
  end: number;
}

const script: string = "../../scripts/mutants/probes.mjs";
const {
  partsOf,
  partAt,
  probed,
}: {
  partsOf: (file: ts.SourceFile) => Part[];
  partAt: (parts: Part[], position: number) => Part | undefined;
  probed: (file: ts.SourceFile, name: string) => string;
} = await import(script);

const source = `#!/usr/bin/env node
type Word = string;
export function measure(word: Word, unit = 2): number {
  if (word === "") return 0;
  else if (word === "long") { count++; return 10 * unit; }
  const size = word.length > 3 ? big(word) : word.length;
  search: for (const c of word) { if (c === "x") continue search; if (c === "y") break; }
  switch (size) { case 3: return three; default: return size && size + count; }
}
let count = 0;
const three = 3;
const big = (word: Word) => word.length * 100;
class Box { full = three; label = () => "box" }
export const box = new Box();
`;
const file = ts.createSourceFile("measure.ts", source, ts.ScriptTarget.ESNext, true);

/** The values that the file gives for words, with or without probes, and the parts that it reports. */
function run(text: string, words: string[]) {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const reports: string[] = [];
  const reached = (name: string, length: number) => {
    const seen = new Uint8Array(length);
    const report = (begin: number) => {
      seen[begin] = 1;
      reports.push(`${name} ${(/^.*/.exec(source.slice(begin)) as RegExpExecArray)[0]}`);
    };
    return { seen, report };
  };
  const body = outputText.replace(/^#!.*/, "").replaceAll("export ", "");
  const call = new Function("globalThis", "words", `${body}; return words.map((word) => measure(word));`);
  return { values: call({ reached }, words), reports };
}

const words = ["", "long", "ab", "abc", "abcd", "xy"];

test("a file with probes gives the values of the file without", () => {
  const withProbes = run(probed(file, "measure.ts"), words);
  expect(withProbes.values).toEqual([0, 20, 3, 3, 401, 3]);
  expect(run(source, words)).toEqual({ values: withProbes.values, reports: [] });
});

test("a part is reported once, and only if it runs", () => {
  const { reports } = run(probed(file, "measure.ts"), words);
  expect(new Set(reports).size).toBe(reports.length);
  const reported = (part: string, all = reports) => all.some((report) => report.startsWith(`measure.ts ${part}`));
  for (const part of ["return 0;", "count++; return", "2): number", "big(word) :", "word.length;", "three; label"])
    expect(reported(part), part).toBe(true);
  expect(reported('"box"')).toBe(false);
  const few = run(probed(file, "measure.ts"), ["abc"]).reports;
  expect(
    ["return 0;", "count++; return", "big(word) :", "three; default"].filter((part) => reported(part, few)),
  ).toEqual([]);
  expect(reported("return three;", few)).toBe(true);
});

test("a position belongs to the innermost part around it", () => {
  const parts = partsOf(file);
  const textAt = (position: number) => {
    const part = partAt(parts, position);
    return part && source.slice(part.begin, part.end);
  };
  expect(textAt(source.indexOf("* unit"))).toBe("return 10 * unit;");
  expect(textAt(source.indexOf("100"))).toBe("word.length * 100");
  expect(textAt(source.indexOf("size + count"))).toBe("size + count");
  expect(textAt(source.indexOf('"x"'))).toBe('if (c === "x") continue search;');
  expect(textAt(source.indexOf("measure("))).toBeUndefined();
});

test("a file keeps its lines, and its first line stays the first", () => {
  const text = probed(file, "measure.ts");
  expect(text.split("\n")).toHaveLength(source.split("\n").length);
  expect(text.startsWith("#!/usr/bin/env node\n")).toBe(true);
});
