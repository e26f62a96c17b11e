import ts from "typescript";
import { expect, test } from "vitest";

interface Mutant {
  kind: string;
  begin: number;
  end: number;
  text: string;
}

const scripts = "../../scripts/mutants";
const { mutantsOf }: { mutantsOf: (file: ts.SourceFile) => Mutant[] } = await import(`${scripts}/operators.mjs`);
const {
  switched,
}: {
  switched: (
    file: ts.SourceFile,
    mutants: (Mutant & { id: number })[],
    first: number,
  ) => { text: string; places: Map<number, number> };
} = await import(`${scripts}/switches.mjs`);

const source = `interface Word { text: string; marks?: { count: number } }
class Box {
  static all = 0;
  full = true;
  constructor(readonly size = 3) { Box.all += size; }
  get half() { return this.size / 2; }
}
class Crate extends Box { constructor() { super(4 + 1); this.full = !this.full; } }
export function measure(word: Word, { unit = 2, ...rest }: { unit?: number; more?: number } = {}): unknown {
  if (word.text === "") return 0;
  else if (word.text === "long") { count++; return [10 * unit, -unit]; }
  const size = word.marks?.count.toFixed(1).length ?? (word.text.length > 3 ? big(word.text) : word.text.length);
  let left = 0;
  search: for (const c of word.text.trim().toLowerCase()) { if (c === "x") continue search; if (c === "y") break; left += 1; }
  const table = { [0]: size, 1: left, name: word.text.slice(1), ...rest };
  [left, count] = [count + 1, left];
  for (const { 1: inner = 7 } of [table]) left -= inner;
  switch (size) { case 3: return three; default: return { ...table, left, crate: new Crate().half, all: Box.all }; }
}
let count = 0;
const three = 3 as const;
const big = (text: string) => text.length * 100;
`;
const file = ts.createSourceFile("measure.ts", source, ts.ScriptTarget.ESNext, true);
const mutants = mutantsOf(file).map((mutant, i) => ({ ...mutant, id: i + 1 }));
const { text, places } = switched(file, mutants, 5);

const words = [
  { text: "" },
  { text: "long" },
  { text: "abc" },
  { text: " aXy", marks: { count: 12 } },
  { text: "xabcd" },
];

const plain = { active: -1, pass: (_: number) => {} };

/** A text of the file as a program that gives the values for the words, or its error. */
function program(typescript: string): (state?: typeof plain) => string {
  const { outputText } = ts.transpileModule(typescript, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const body = `${outputText.replaceAll("export ", "")}; return words.map((word) => measure(word, { more: 4 }));`;
  return (state = plain) => {
    try {
      return JSON.stringify(new Function("globalThis", "words", body)({ mutants: state }, words));
    } catch (error) {
      return String(error);
    }
  };
}

const withSwitches = program(text);
const without = program(source);

test("with no mutant chosen a file with switches gives the values of the file without", () => {
  expect(withSwitches()).toBe(without());
  expect(without()).toContain("[20,-2]");
});

test("with a mutant chosen it gives the values of the file in which that mutant is written", () => {
  const placed = mutants.filter(({ id }) => places.has(id));
  // A property's name in a pattern: 0 and 2 for 1.
  expect(mutants.length - placed.length).toBe(2);
  expect(new Set(placed.map(({ kind }) => kind)).size).toBe(8);
  for (const { id, begin, end, text: changed } of placed) {
    const written = program(source.slice(0, begin) + changed + source.slice(end))();
    // Alone it may be no JavaScript, as an `else` without a statement.
    if (written.startsWith("SyntaxError")) continue;
    const name = `${changed} for ${source.slice(begin, end)}`;
    expect(withSwitches({ ...plain, active: id }), name).toBe(written);
  }
});

test("each place that the program passes is told, and no other", () => {
  const passed = new Set<number>();
  withSwitches({ ...plain, pass: (place) => passed.add(place) });
  const at = (part: string) => {
    const { id } = mutants.find(({ begin }) => begin === source.indexOf(part)) as { id: number };
    return places.get(id) as number;
  };
  expect(Math.min(...passed)).toBeGreaterThanOrEqual(5);
  expect(passed).toContain(at("10 * unit"));
  // The default of a property that is there.
  expect(passed).not.toContain(at("7 } of"));
});

test("a mutant that is no JavaScript beside its neighbours has no place", () => {
  const mixed = ts.createSourceFile("x.ts", "export const a = (b ?? c) && d ?? e;", ts.ScriptTarget.ESNext, true);
  const own = mutantsOf(mixed).map((mutant, i) => ({ ...mutant, id: i }));
  const { places: some } = switched(mixed, own, 0);
  expect(own.length).toBeGreaterThan(some.size);
});
