import { cpus } from "node:os";
import { Command } from "commander";
import { OptionError, OstinatoError } from "../../errors.js";
import { mpiLibrary } from "../../executor/mpi.js";
import { nativeInfo } from "../../executor/native.js";
import { describeModelFolder } from "../../formats/index.js";
import { elementsOf } from "../../graph/program.js";
import type { ModelKind } from "../../models/modelKind.js";
import { kindIn } from "../../models/registry.js";
import { cellTables } from "../../nn/cellRegistry.js";
import type { Completed } from "../../options.js";
import { flag, table } from "../../options.js";
import { withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, printer } from "../print.js";
import type { CliKind } from "../verbs.js";

const flags = table("info", {
  /** Print one JSON object. */
  json: flag(),
});

type Options = Completed<typeof flags>;

export function infoCommand(kinds: readonly CliKind[]): Command {
  const command = new Command("info")
    .description("say what computes here and why, or what a model folder holds")
    .argument("[model]", "folder of a model");
  return withOptions(command, flags).action((folder: string | undefined, options: Options) =>
    info(folder, options, kinds),
  );
}

async function info(folder: string | undefined, options: Options, kinds: readonly CliKind[]): Promise<void> {
  const print = printer(options);
  if (folder !== undefined) return describeModel(folder, print, kinds);
  const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
  const about = { node: process.version, platform: `${process.platform}-${process.arch}`, cpu, cores: cpus().length };
  try {
    const native = nativeInfo();
    const mpi = mpiLibrary();
    print.object({ ...about, native, mpi });
    const { kernels, gemm, threads } = native;
    print.line(
      `Node ${about.node} on ${about.platform}, ${cpu}, ${countOf(about.cores, "core")}; ${countOf(threads, "thread")} ${threads === 1 ? "computes" : "compute"}. ` +
        `Kernels: ${kernels.chosen} (${kernels.reason}; available: ${kernels.available.join(", ")}). ` +
        `Matrix products: ${gemm.provider === "auto" ? "the faster for each shape" : gemm.provider} of own kernels and ` +
        `${gemm.blas ?? "the system's BLAS, of which none was found"}. ` +
        (gemm.medium
          ? `Products in --matmul-precision ${gemm.high ? "high and medium" : "medium"} take bfloat16 operands (${gemm.medium}), all others float32.`
          : "Products are float32 in every --matmul-precision: there is nothing for bfloat16 that we can use.") +
        (mpi
          ? ` MPI: ${mpi}.`
          : " MPI: none, as in every prebuilt binary; a build where one is installed has it (docs/many-machines.md)."),
    );
  } catch (error) {
    if (!(error instanceof OstinatoError) || error instanceof OptionError) throw error;
    print.object({ ...about, native: null, reason: error.message });
    print.line(`Node ${about.node} on ${about.platform}, ${cpu}. ${error.message}`);
  }
}

/** Whether an option of a configuration is the model's, or one of a cell that it does not have. */
function isUsed(name: string, { cell }: Record<string, unknown>, { options }: ModelKind): boolean {
  const tables = cellTables();
  if (Object.hasOwn(tables[String(cell)] ?? {}, name)) return true;
  const isForeign = Object.values(tables).some((table) => Object.hasOwn(table, name));
  return !isForeign || (cell === undefined && Object.hasOwn(options, name));
}

async function describeModel(folder: string, print: Printer, kinds: readonly CliKind[]): Promise<void> {
  const kind = await kindIn(folder);
  const { config, network, tokenizer, weightType, doubles } = await describeModelFolder(folder, kind);
  const parameters = network.parameters.map(({ name, shape }) => ({ name, shape }));
  const total = parameters.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  const { slots } = kind.vocabularies;
  const vocabularies = slots.map(({ name }) => [name, kind.vocabularies.vocabulary(tokenizer, name)] as const);
  const weights = weightType ?? (network.parameters.some(({ dtype }) => dtype === "f32") ? "float32" : "int32");
  const sizes = Object.fromEntries(vocabularies.map(([name, { kind, size }]) => [name, { kind, size }]));
  print.object({
    model: kind.name,
    config,
    weights,
    tokenizer: slots.length === 1 ? Object.values(sizes)[0] : sizes,
    parameters,
    total,
    doubles,
  });
  const tokens = vocabularies.map(([name, { kind, size }]) => {
    if (kind === name) return `${count(size)} ${name}`;
    const text = `${kind} tokens, vocabulary ${count(size)}`;
    return slots.length === 1 ? text : `${name}: ${text}`;
  });
  print.line(`${kind.name}: ${[`${count(total)} parameters in ${weights}`, ...tokens].join("; ")}`);
  const own = kinds.find((record) => record.kind === kind);
  if (own) print.line(`  ${own.describe({ network, tokenizer })}`);
  if (doubles.length > 0) print.line(`  float64 in the file, read as float32: ${doubles.join(", ")}`);
  for (const [name, value] of Object.entries(config))
    if (isUsed(name, config, kind)) print.line(`  ${name.padEnd(16)} ${shown(value)}`);
  for (const { name, shape } of parameters) print.line(`  ${name.padEnd(28)} [${shape.join(", ")}]`);
}

/** A value of a configuration; what is made of configurations as JSON. */
function shown(value: unknown): string {
  const isMade = (part: unknown) => typeof part === "object" && part !== null;
  return Array.isArray(value) ? value.map(shown).join(",") : isMade(value) ? JSON.stringify(value) : String(value);
}
