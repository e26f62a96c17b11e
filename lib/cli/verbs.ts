import { Command, InvalidArgumentError, Option } from "commander";
import { OptionError, withArticle } from "../errors.js";
import type { ModelKind } from "../models/modelKind.js";
import { kindIn } from "../models/registry.js";
import type { SavedModel } from "../models/savedModel.js";
import { withExecutorOptions } from "./executor.js";
import { adoptFlags, expectUsed, flagsOf } from "./options.js";

/** A command that works with a trained model. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  /** The arguments after the folder of the model. */
  readonly arguments?: readonly (readonly [usage: string, description: string])[];
  /** Adds options that it has for every kind. */
  options?(command: Command): Command;
}

/** A verb's work with the models of a kind. */
export interface Ability {
  readonly verb: Verb;
  /** Adds options that it has for this kind. */
  options?(command: Command): Command;
  /** The action of the command: it gets the folder, the other arguments, the options and the command. */
  run(folder: string, ...call: never[]): Promise<void>;
}

/** A kind of model as the command line knows it. */
export interface CliKind<M extends SavedModel = SavedModel> {
  readonly kind: ModelKind<M>;
  /** The commands of `ostinato train` that make such a model. */
  train(): Command[];
  readonly abilities: readonly Ability[];
  /** A model in a few words: "a 2-layer LSTM language model ...". */
  describe(model: Pick<M, "network" | "tokenizer">): string;
}

/** All that kinds can do. */
export function verbsOf(kinds: readonly CliKind[]): Verb[] {
  return [...new Set(kinds.flatMap(({ abilities }) => abilities.map(({ verb }) => verb)))];
}

/** The command of a verb. */
export function verbCommand(verb: Verb, kinds: readonly CliKind[]): Command {
  const able = kindsWith(verb, kinds);
  const all = kinds.map(({ kind }) => kind.name);
  const command = new VerbCommand(verb.name)
    .description(verb.description)
    .argument("<model>", `folder of a model (${namesOf(able, all)})`);
  for (const [usage, description] of verb.arguments ?? []) command.argument(usage, description);
  verb.options?.(command);
  const own = kinds.flatMap(({ kind, abilities }) => {
    const ability = abilityOf(verb, abilities);
    return ability ? [[kind.name, optionsOf(verb, ability)] as const] : [];
  });
  withExecutorOptions(command.withKinds(new Map(own)));
  return command.action(async (folder: string, ...call: unknown[]) => {
    const { name } = await kindIn(folder);
    const ability = abilityOf(verb, abilitiesOf(name, kinds));
    if (!ability) throw incapable(verb, { folder, name, kinds });
    command.settle(name, folder);
    expectUsed(command);
    await ability.run(folder, ...(call as never[]));
  });
}

/** A command with all options that a verb has for one kind. */
function optionsOf(verb: Verb, ability: Ability): Command {
  const command = new OptionList(verb.name);
  verb.options?.(command);
  return ability.options?.(command) ?? command;
}

function abilityOf(verb: Verb, abilities: readonly Ability[]): Ability | undefined {
  return abilities.find((ability) => ability.verb === verb);
}

/** All that models of a kind can do. */
function abilitiesOf(name: string, kinds: readonly CliKind[]): Ability[] {
  return kinds.flatMap(({ kind, abilities }) => (kind.name === name ? abilities : []));
}

function kindsWith(verb: Verb, kinds: readonly CliKind[]): string[] {
  return kinds.filter(({ abilities }) => abilityOf(verb, abilities)).map(({ kind }) => kind.name);
}

/** The error for a model of a kind that lacks a verb. */
function incapable(
  verb: Verb,
  { folder, name, kinds }: { folder: string; name: string; kinds: readonly CliKind[] },
): OptionError {
  const able = abilitiesOf(name, kinds).map((ability) => ability.verb.name);
  return new OptionError(
    `${verb.name}: ${folder} holds ${withArticle(name)}, which ${verb.name} does not take; it can ${able.join(", ")}. ` +
      `Models that it takes: ${kindsWith(verb, kinds).join(", ")}.`,
  );
}

/** A command whose options may be added again: the first stays. */
class OptionList extends Command {
  override addOption(option: Option): this {
    return this.options.some(({ long }) => long === option.long) ? this : super.addOption(option);
  }
}

/** A command for several kinds of models, each with options of its own; one option may have another rule for each kind. */
class VerbCommand extends Command {
  /** A command for each kind, with the options that models of it have. */
  #kinds: ReadonlyMap<string, Command> = new Map();
  /** Names of options whose rules differ: their words are read once the kind is known. */
  readonly #unread = new Set<string>();

  /**
   * Adds the options of kinds to those for all, which are there already.
   * @throws TypeError if two kinds write an option of one name in different ways.
   */
  withKinds(kinds: ReadonlyMap<string, Command>): this {
    const common = new Set(this.options.map(({ long }) => long));
    this.#kinds = kinds;
    for (const [kind, own] of kinds) {
      adoptFlags(this, own, { replace: false });
      for (const option of own.options) {
        const before = this.options.find(({ long }) => long === option.long);
        if (!before) this.addOption(Object.assign(new Option(option.flags), option));
        else if (!common.has(option.long)) this.#share(before, option, kind);
      }
    }
    for (const option of this.options) if (!common.has(option.long)) this.#tellKinds(option);
    return this;
  }

  /** Takes an option of one more kind: where its rule is another than before, its words stay unread until the kind is known. */
  #share(before: Option, option: Option, kind: string): void {
    const name = option.attributeName();
    if (before.flags !== option.flags) {
      throw new TypeError(
        `${this.name()}: two kinds of models write one option as ${before.flags} and ${option.flags}.`,
      );
    }
    const ruleOf = (other: string) => flagsOf(this.#kinds.get(other) as Command).get(name)?.rule;
    const kinds = this.#kindsWith(option);
    if (kinds.slice(0, kinds.indexOf(kind)).some((other) => ruleOf(other) === ruleOf(kind))) return;
    const alike = (one: string) => kinds.filter((other) => ruleOf(other) === ruleOf(one)).join(", ");
    if (!this.#unread.has(name)) before.description = `${alike(kinds[0] as string)}: ${textOf(before)}`;
    before.description += `; ${alike(kind)}: ${textOf(option)}`;
    this.#unread.add(name);
    before.default(undefined);
    delete (before as Partial<Option>).argChoices;
    // A switch has no word that could be read.
    if (!before.isBoolean()) {
      before.parseArg = (word, words) => [...((words as readonly string[] | undefined) ?? []), word] as never;
    }
    this.setOptionValueWithSource(name, undefined, undefined);
  }

  /**
   * Makes the options those of one kind.
   * @throws OptionError for an option that models of the kind do not have, CommanderError for a value that does not fit.
   */
  settle(kind: string, folder: string): void {
    const own = this.#kinds.get(kind) as Command;
    for (const option of this.options) {
      const kinds = this.#kindsWith(option);
      if (kinds.length === 0 || kinds.includes(kind)) continue;
      if (this.getOptionValueSource(option.attributeName()) !== "cli") continue;
      throw new OptionError(
        `${this.name()}: ${option.long} is for ${withArticle(kinds.join(", "))}, and ${folder} holds ${withArticle(kind)}.`,
      );
    }
    adoptFlags(this, own, { replace: true });
    for (const option of own.options) if (this.#unread.has(option.attributeName())) this.#read(option);
  }

  #read(option: Option): void {
    if (option.isBoolean()) return;
    const name = option.attributeName();
    const words = this.getOptionValue(name) as readonly string[] | undefined;
    let value: unknown = option.defaultValue;
    for (const word of words ?? []) {
      try {
        value = option.parseArg ? option.parseArg(word, value as never) : word;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        this.error(`error: option '${option.flags}' argument '${word}' is invalid. ${error.message}`, error);
      }
    }
    this.setOptionValueWithSource(name, value, words ? "cli" : "default");
  }

  /** Gives an option that is not for every kind a heading that says for which. */
  #tellKinds(option: Option): void {
    const kinds = this.#kindsWith(option);
    if (kinds.length === this.#kinds.size) return;
    const [own, heading] = [namesOf(kinds, [...this.#kinds.keys()]), option.helpGroupHeading];
    option.helpGroup(heading ? heading.replace(/:$/, ` (${own}):`) : `For ${own}:`);
  }

  #kindsWith({ long }: Option): string[] {
    return [...this.#kinds].flatMap(([kind, own]) =>
      own.options.some((option) => option.long === long) ? [kind] : [],
    );
  }
}

/** The names of some kinds, or of the few others. */
function namesOf(kinds: readonly string[], all: readonly string[]): string {
  const others = all.filter((kind) => !kinds.includes(kind));
  if (others.length === 0) return "any kind";
  return others.length <= 3 && others.length < kinds.length ? `all but ${others.join(", ")}` : kinds.join(", ");
}

/** An option's description, with its default. */
function textOf({ description, defaultValue, defaultValueDescription }: Option): string {
  return defaultValue === undefined
    ? description
    : `${description} (default: ${defaultValueDescription ?? defaultValue})`;
}
