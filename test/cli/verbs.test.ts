import { join } from "node:path";
import type { Command } from "commander";
import { beforeEach, expect, test, vi } from "vitest";
import { optionsIn, withOptions } from "../../lib/cli/options.js";
import type { CliKind, Verb } from "../../lib/cli/verbs.js";
import { verbCommand, verbsOf } from "../../lib/cli/verbs.js";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { Mixture } from "../../lib/models/mixture/mixture.js";
import { Seq2Seq } from "../../lib/models/seq2seq/seq2seq.js";
import type { OptionTable } from "../../lib/options.js";
import { flag, list, whole } from "../../lib/options.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

// The texts of options come from the built program.
vi.mock("../../lib/cli/executor.js", () => ({ withExecutorOptions: (command: Command) => command }));
vi.mock("../../lib/cli/optionDocs.js", async (original) => ({ ...(await original()), docOf: () => ({ text: "" }) }));

let folder: string;

beforeEach(async () => {
  folder = join(await temporaryFolder(), "model");
  const tokenizer = CharacterTokenizer.fromText("ab\n");
  await (await LanguageModel.create({ tokenizer, executor: new ReferenceExecutor(), hiddenSize: 4 })).save(folder);
});

const draw: Verb = {
  name: "draw",
  description: "draw a model",
  options: (command) => command.option("--out <file>").option("--width <n>"),
};
const run = vi.fn(async () => {});

/** A kind whose models can be drawn, with options of its own. */
function kindOf(kind: unknown, options: (command: Command) => Command): CliKind {
  const ability = { verb: draw, options, run };
  return { kind: kind as CliKind["kind"], train: () => [], abilities: [ability], describe: () => "a model" };
}

/** The commands for all that kinds can do. */
const verbCommands = (kinds: readonly CliKind[]) => verbsOf(kinds).map((verb) => verbCommand(verb, kinds));

const commands = () =>
  verbCommands([
    kindOf(LanguageModel.kind, (command) => command.option("--units <n>").option("--both")),
    kindOf(Seq2Seq.kind, (command) => command.option("--looks <n>").option("--both").option("--width <n>")),
  ]);

test("help names the kinds that a verb takes, or the fewer that it does not", () => {
  const kinds = [LanguageModel, Seq2Seq, Mixture].map(({ kind }) => kindOf(kind, (command) => command));
  const helpFor = (able: number) =>
    verbCommand(
      draw,
      kinds.map((kind, i) => (i < able ? kind : { ...kind, abilities: [] })),
    ).helpInformation();
  expect(helpFor(1)).toMatch(/ folder of a model \(LanguageModel\)$/m);
  expect(helpFor(2)).toMatch(/ folder of a model \(all but Mixture\)$/m);
});

const drawn = (...words: string[]) => (commands()[0] as Command).parseAsync([folder, ...words], { from: "user" });

test("a verb is one command for all kinds that have it, with the options of each", async () => {
  expect(commands().map((command) => command.name())).toEqual(["draw"]);
  const help = (commands()[0] as Command).helpInformation();
  expect(help).toMatch(/ folder of a model \(any kind\)$/m);
  expect(help).toContain("For LanguageModel:\n  --units");
  for (const name of ["out", "width", "units", "looks", "both"]) {
    expect(help.match(new RegExp(`--${name}\\b`, "g")), name).toHaveLength(1);
  }
});

test("options of every kind, of the folder's kind and of several kinds are taken, one of another kind alone is refused", async () => {
  await drawn("--out", "a.svg", "--units", "3", "--both");
  // The other kind has it too, but it is everybody's.
  await drawn("--width", "5");
  expect(run).toHaveBeenCalledTimes(2);
  await expect(drawn("--looks", "3")).rejects.toThrow(
    `draw: --looks is for a Seq2Seq, and ${folder} holds a LanguageModel.`,
  );
  expect(run).toHaveBeenCalledTimes(2);
});

test("an option of one name has the rule, the default and the errors of the folder's kind", async () => {
  const first = { deep: whole({ minimum: 1, initial: 5 }), sharp: list(whole({ minimum: 1 }), []) };
  const other = { deep: whole({ minimum: 7, initial: 8 }), sharp: list(whole({ minimum: 9 }), []) };
  const own = (rules: OptionTable) => (command: Command) => withOptions(command, rules);
  const seen: unknown[] = [];
  const model = async (kinds: readonly [OptionTable, OptionTable], ...words: string[]) => {
    const [one, two] = [kindOf(Seq2Seq.kind, own(kinds[0])), kindOf(LanguageModel.kind, own(kinds[1]))];
    const record = async (_folder: string, _options: unknown, command: Command) =>
      void seen.push(optionsIn(command, kinds[1]));
    const abilities = two.abilities.map((ability) => ({ ...ability, run: record }));
    const [command] = verbCommands([one, { ...two, abilities }]);
    command?.exitOverride().configureOutput({ writeErr: () => {} });
    await command?.parseAsync([folder, ...words], { from: "user" });
  };
  const [both] = verbCommands([kindOf(Seq2Seq.kind, own(first)), kindOf(LanguageModel.kind, own(other))]);
  expect(both?.helpInformation().match(/default: \d/g)).toEqual(["default: 5", "default: 8"]);
  await model([first, other]);
  await model([first, other], "--deep", "7", "--sharp", "9", "10");
  await model([other, first], "--deep", "1", "--sharp", "2");
  expect(seen).toEqual([{ deep: 8 }, { deep: 7, sharp: [9, 10] }, { deep: 1, sharp: [2] }]);
  await expect(model([first, other], "--deep", "5")).rejects.toThrow(
    "option '--deep <n>' argument '5' is invalid. Expected a whole number at least 7",
  );
  await model([{ loud: flag() }, { loud: flag() }], "--loud");
  await model([{ loud: flag() }, { loud: flag() }]);
  expect(seen.slice(3)).toEqual([{ loud: true }, {}]);
  await expect(model([first, { deep: flag() }])).rejects.toThrow(
    "draw: two kinds of models write one option as --deep <n> and --deep.",
  );
});

test("a kind that lacks the verb is refused, with what it can do and who can do this", async () => {
  const inspect = { ...draw, name: "inspect" };
  const kinds = [kindOf(Seq2Seq.kind, (command) => command)];
  const blind = { ...kindOf(LanguageModel.kind, (command) => command), abilities: [{ verb: inspect, run }] };
  const [command] = verbCommands([...kinds, blind]);
  await expect(command?.parseAsync([folder], { from: "user" })).rejects.toThrow(
    `draw: ${folder} holds a LanguageModel, which draw does not take; it can inspect. Models that it takes: Seq2Seq.`,
  );
});
