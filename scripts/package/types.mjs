import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installByNpm, root, run } from "./run.mjs";
import { toolsFolder } from "./tools.mjs";

const program = `import { LanguageModel, Trainer, WindowData, memoryStream, CharacterTokenizer } from "ostinato";
import type { StepEvent } from "ostinato";
import { ReferenceExecutor } from "ostinato/reference";
const tokenizer = CharacterTokenizer.fromText("abc");
export async function train(): Promise<number> {
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 8, executor: new ReferenceExecutor() });
  const trainer = new Trainer(model, { data: new WindowData(memoryStream(tokenizer.encode("abcabc"), 0), { batchSize: 1, windowLength: 2 }), epochs: 1 });
  let loss = 0;
  trainer.on("step", (event: StepEvent) => { loss += event.loss; });
  await trainer.run();
  // @ts-expect-error: a loss is a number
  const wrong: string = loss;
  return loss;
}
`;
/** CommonJS has the types by import(); the rest is checked where modules are ES modules. */
const commonProgram = `import type { LanguageModel } from "ostinato" with { "resolution-mode": "import" };
export async function load(folder: string): Promise<LanguageModel> {
  const { LanguageModel } = await import("ostinato");
  return LanguageModel.load(folder);
}
`;
const settings = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

/** The package's types under each way of finding modules, strict, and by "are the types wrong". */
export function types(folder, tarball) {
  installByNpm(folder, tarball);
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  writeFileSync(join(folder, "use.mts"), program);
  writeFileSync(join(folder, "use.cts"), commonProgram);
  for (const setting of settings) {
    const options = { strict: true, noEmit: true, target: "es2022", types: ["node"], ...setting };
    const files = setting.module === "esnext" ? ["use.mts"] : ["use.mts", "use.cts"];
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: folder });
  }
  run(
    join(toolsFolder(), "node_modules/.bin/attw"),
    [tarball, "--profile", "esm-only", "--exclude-entrypoints", "ostinato.wasm"],
    {
      cwd: folder,
    },
  );
  return "node16, nodenext, bundler; attw";
}
