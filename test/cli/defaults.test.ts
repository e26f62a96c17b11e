import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command, Option } from "commander";
import { expect, test } from "vitest";
import { CharacterTokenizer, LanguageModel, Seq2Seq, TokenizerPair, WordTokenizer } from "../../lib/index.js";
import type { OptionTable, Rule } from "../../lib/options.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

// The program as built: its help texts come from the build. The library first, so that its tables are known from those of commands.
const built = (name: string) => import(new URL(`../../dist/${name}.js`, import.meta.url).href);
await built("index");
const { tables } = (await built("options")) as { tables: Map<string, OptionTable> };
const library = [...tables.values()];
const { programOf } = await built("cli/program");
const { flagsOf } = await built("cli/options");
const kinds = Object.values(await built("cli/kinds/index"));

interface Flag {
  readonly command: string;
  readonly option: Option;
  readonly known?: { readonly name: string; readonly rule: Rule<unknown> };
}

function flagsIn(command: Command, path: string): Flag[] {
  const own = command.options.map((option) => {
    return { command: path, option, known: flagsOf(command).get(option.attributeName()) };
  });
  return [...own, ...command.commands.flatMap((each) => flagsIn(each, `${path} ${each.name()}`))];
}

const flags = flagsIn(
  programOf(kinds, () => {}),
  "ostinato",
).filter(({ option }) => option.long !== "--version");

const place = ({ command, option }: Flag) => `${command} ${option.long}`;
const shown = (value: unknown) => (Array.isArray(value) ? value.join(" ") : String(value ?? ""));
/** A default of nothing: an option that is off. */
const isNothing = (value: unknown) => value === false || shown(value) === "";
const isSame = (one: unknown, other: unknown) => (isNothing(one) && isNothing(other)) || shown(one) === shown(other);
const helpOf = ({ option }: Flag) => `${option.description} ${option.defaultValueDescription ?? ""}`;
const names = (text: string, value: unknown) => text.split(/[^\w.-]+/).includes(shown(value));

test("every flag of every command is an option of a table", () => {
  expect(flags.length).toBeGreaterThan(300);
  expect(flags.filter(({ known }) => known === undefined).map(place)).toEqual([]);
});

test("every flag of every command says in --help what it is", () => {
  expect(flags.filter(({ option }) => option.description.trim() === "").map(place)).toEqual([]);
});

test("a command's default that is not its table's is told in its help, with the other one", () => {
  const differing = flags.filter(({ option, known }) => {
    const own = option.negate ? true : option.defaultValue;
    return known !== undefined && !isSame(own, known.rule.initial ?? (option.negate ? true : undefined));
  });
  expect(differing.map(place)).toContain("ostinato train chat --epochs");
  const silent = differing.filter((flag) => {
    const help = helpOf(flag);
    // Encoder and decoder have as many layers as --layers says, whose own default is the table's.
    if (/default: as --layers/.test(help)) return false;
    const { initial } = flag.known?.rule ?? {};
    return initial === undefined ? !/in a program/.test(help) : !names(help, initial);
  });
  expect(silent.map(place)).toEqual([]);
});

/** Options of commands that are other things than the library's of the same name. */
const others = new Set(["test", "tokenizer", "unit", "steps", "epsilon", "output", "weights"]);

test("a flag of the command line alone has the default of the library's option of that name, or its help names it", () => {
  const drifted = flags.filter((flag) => {
    const { name = "", rule } = flag.known ?? {};
    const same = library.flatMap((table) => (Object.hasOwn(table, name) ? [table[name] as Rule<unknown>] : []));
    if (same.length === 0 || same.includes(rule as Rule<unknown>) || others.has(name)) return false;
    const [help, defaults] = [helpOf(flag), same.map(({ initial }) => initial)];
    const tells = (initial: unknown) => isNothing(initial) || names(help, initial);
    const isTold = tells(rule?.initial) && defaults.some(tells);
    return !isTold && !defaults.some((initial) => isSame(initial, rule?.initial));
  });
  expect(drifted.map(place)).toEqual([]);
});

test("a model that the command line trains without options has the library's configuration", async () => {
  const folder = await temporaryFolder();
  const train = (...args: string[]) => {
    const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [main, "train", ...args, "--maximum-steps", "1"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
  };
  const configOf = (name: string) => JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8")).config;
  writeFileSync(join(folder, "a.txt"), "abba baab\n".repeat(40));
  train("lm", "a.txt", "-o", "lm");
  const { config } = (await LanguageModel.create({ tokenizer: CharacterTokenizer.fromText("ab \n") })).network;
  expect(configOf("lm")).toEqual(config);
  writeFileSync(join(folder, "a.tsv"), "ab\tA B\nba\tB A\n".repeat(20));
  train("transliterate", "a.tsv", "-o", "pairs", "--validation", "0");
  const [source, target] = [
    CharacterTokenizer.fromText("ab\n", { unknown: true }),
    WordTokenizer.fromText("A B\n", { unknown: true }),
  ];
  const pairs = await Seq2Seq.create({ tokenizer: new TokenizerPair(source, target) });
  expect(configOf("pairs")).toEqual(pairs.network.config);
}, 60_000);
