import { cpus } from "node:os";
import { Command } from "commander";
import type { Tokenizer } from "../../data/index.js";
import { TokenizerPair } from "../../data/index.js";
import { OptionError, OstinatoError } from "../../errors.js";
import { nativeInfo } from "../../executor/native.js";
import { loadModelFolder } from "../../formats/index.js";
import { elementsOf } from "../../graph/program.js";
import { layerCounts } from "../../models/modelWeights.js";
import { networkOf } from "../../models/networks.js";
import { count, printer } from "../print.js";

export function infoCommand(): Command {
  return new Command("info")
    .description("what computes here and why; or what a model folder holds")
    .argument("[model]", "folder of a model")
    .option("--json", "print one JSON object")
    .action(info);
}

async function info(folder: string | undefined, options: { json?: boolean }): Promise<void> {
  const print = printer(options);
  if (folder !== undefined) return describeModel(folder, print);
  const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
  const about = { node: process.version, platform: `${process.platform}-${process.arch}`, cpu, cores: cpus().length };
  try {
    const native = nativeInfo();
    print.object({ ...about, native });
    const { kernels, gemm, threads } = native;
    print.line(
      `Node ${about.node} on ${about.platform}, ${cpu}, ${about.cores} cores; ${threads} threads compute. ` +
        `Kernels: ${kernels.chosen} (${kernels.reason}; available: ${kernels.available.join(", ")}). ` +
        `Matrix products: ${gemm.provider === "auto" ? "the faster for each shape" : gemm.provider} of own kernels and ` +
        `${gemm.blas ?? "the system's BLAS, of which none was found"}. ` +
        (gemm.matrixUnit
          ? "There is a matrix unit (AMX): products in --matmul-precision high and medium run on it in bfloat16, all others in float32."
          : "There is no matrix unit that we can use: products are float32 in every --matmul-precision."),
    );
  } catch (error) {
    if (!(error instanceof OstinatoError) || error instanceof OptionError) throw error;
    print.object({ ...about, native: null, reason: error.message });
    print.line(`Node ${about.node} on ${about.platform}, ${cpu}. ${error.message}`);
  }
}

async function describeModel(folder: string, print: ReturnType<typeof printer>): Promise<void> {
  const network = (options: Record<string, unknown>, name: string) => networkOf(name, options).parameters;
  const loaded = await loadModelFolder(folder, { parameters: network, counts: layerCounts });
  const { model, config, weights, rounded, tokenizer } = loaded;
  const parameters = network(config, model).map(({ name, shape }) => ({ name, shape }));
  const total = parameters.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  print.object({
    model,
    config,
    weights: weights ?? "float32",
    tokenizer:
      tokenizer instanceof TokenizerPair
        ? { source: sizeOf(tokenizer.source), target: sizeOf(tokenizer.target) }
        : sizeOf(tokenizer),
    parameters,
    total,
    rounded,
  });
  const vocabulary = ({ kind, size }: Tokenizer) => `${kind} tokens, vocabulary ${count(size)}`;
  const tokens =
    tokenizer instanceof TokenizerPair
      ? `from ${vocabulary(tokenizer.source)} to ${vocabulary(tokenizer.target)}`
      : vocabulary(tokenizer);
  print.line(`${model}: ${count(total)} parameters in ${weights ?? "float32"}; ${tokens}`);
  if (rounded.length > 0) print.line(`  read from float64 and rounded to float32: ${rounded.join(", ")}`);
  for (const [name, value] of Object.entries(config)) print.line(`  ${name.padEnd(16)} ${String(value)}`);
  for (const { name, shape } of parameters) print.line(`  ${name.padEnd(28)} [${shape.join(", ")}]`);
}

function sizeOf({ kind, size }: Tokenizer) {
  return { kind, size };
}
