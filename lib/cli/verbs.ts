import type { Option } from "commander";
import { Command } from "commander";
import { OptionError } from "../errors.js";
import type { ModelKind } from "../models/modelKind.js";
import { kindIn } from "../models/registry.js";
import type { SavedModel } from "../models/savedModel.js";
import { withExecutorOptions } from "./executor.js";
import { expectUsed } from "./options.js";

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

/** The commands for all that kinds can do. */
export function verbCommands(kinds: readonly CliKind[]): Command[] {
  const verbs = new Set(kinds.flatMap(({ abilities }) => abilities.map(({ verb }) => verb)));
  return [...verbs].map((verb) => verbCommand(verb, kinds));
}

function verbCommand(verb: Verb, kinds: readonly CliKind[]): Command {
  const command = new VerbCommand(verb.name)
    .description(verb.description)
    .argument("<model>", `folder of a ${kindsWith(verb, kinds).join(" or ")}`);
  for (const [usage, description] of verb.arguments ?? []) command.argument(usage, description);
  verb.options?.(command);
  for (const { kind, abilities } of kinds) command.addFor(kind.name, abilityOf(verb, abilities));
  command.tellKinds(kindsWith(verb, kinds).length);
  return withExecutorOptions(command).action(async (folder: string, ...call: unknown[]) => {
    const { name } = await kindIn(folder);
    const ability = abilityOf(verb, kinds.find(({ kind }) => kind.name === name)?.abilities ?? []);
    if (!ability) throw incapable(verb, { folder, name, kinds });
    command.expectOptionsFor(name, folder);
    expectUsed(command);
    await ability.run(folder, ...(call as never[]));
  });
}

function abilityOf(verb: Verb, abilities: readonly Ability[]): Ability | undefined {
  return abilities.find((ability) => ability.verb === verb);
}

function kindsWith(verb: Verb, kinds: readonly CliKind[]): string[] {
  return kinds.filter(({ abilities }) => abilityOf(verb, abilities)).map(({ kind }) => kind.name);
}

/** The error for a model of a kind that lacks a verb. */
function incapable(
  verb: Verb,
  { folder, name, kinds }: { folder: string; name: string; kinds: readonly CliKind[] },
): OptionError {
  const abilities = kinds.find(({ kind }) => kind.name === name)?.abilities ?? [];
  const other = abilities.length > 0 ? `it can ${abilities.map((ability) => ability.verb.name).join(", ")}` : "";
  return new OptionError(
    `${verb.name}: ${folder} holds a ${name}, which ${verb.name} does not take${other && `; ${other}`}. ` +
      `Models that it takes: ${kindsWith(verb, kinds).join(", ")}.`,
  );
}

/** A command that knows which kinds of models its options are for. */
class VerbCommand extends Command {
  /** By option; those that are for every kind are missing. */
  readonly #kinds = new Map<string, string[]>();
  #adding: string | null = null;

  /** Adds the options of an ability; those that another kind's has too are there already. */
  addFor(kind: string, ability: Ability | undefined): void {
    this.#adding = kind;
    ability?.options?.(this);
    this.#adding = null;
  }

  override addOption(option: Option): this {
    const [name, isNew] = [option.attributeName(), this.options.every(({ long }) => long !== option.long)];
    const kinds = this.#kinds.get(name) ?? [];
    if (this.#adding !== null && (isNew || kinds.length > 0)) this.#kinds.set(name, [...kinds, this.#adding]);
    return isNew ? super.addOption(option) : this;
  }

  /** Gives options that are not for every kind a heading that says for which. @param all how many the command is for. */
  tellKinds(all: number): void {
    for (const option of this.options) {
      const kinds = new Set(this.#kinds.get(option.attributeName()));
      if (kinds.size === 0 || kinds.size === all) continue;
      const [own, heading] = [[...kinds].join(", "), option.helpGroupHeading];
      option.helpGroup(
        heading ? heading.replace(/:$/, ` (${own}):`) : `For ${/^[AEIOU]/.test(own) ? "an" : "a"} ${own}:`,
      );
    }
  }

  /** @throws OptionError for an option that models of the kind do not have. */
  expectOptionsFor(kind: string, folder: string): void {
    for (const option of this.options) {
      const kinds = this.#kinds.get(option.attributeName());
      if (!kinds || kinds.includes(kind) || this.getOptionValueSource(option.attributeName()) !== "cli") continue;
      const owners = [...new Set(kinds)].join(", ");
      throw new OptionError(`${this.name()}: ${option.long} is for a ${owners}, and ${folder} holds a ${kind}.`);
    }
  }
}
