import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installByNpm, run } from "./run.mjs";
import { toolsFolder } from "./tools.mjs";

/** A program that says how it fails. */
const program = `import { LanguageModel, CharacterTokenizer } from "ostinato";
async function main() {
  const tokenizer = CharacterTokenizer.fromText("abc");
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 8, executor: "native" });
  console.log("computes by", model.executor.name);
}
main().catch(({ code, message }) => console.log(code, message));
`;

/** esbuild and webpack: with the package kept out of the bundle it works; bundled in by esbuild, it says what to do. */
export function bundlers(folder, tarball) {
  installByNpm(folder, tarball);
  writeFileSync(join(folder, "program.mjs"), program);
  const bin = (name) => join(toolsFolder(), "node_modules/.bin", name);
  const esbuild = (...more) =>
    run(bin("esbuild"), ["program.mjs", "--bundle", "--platform=node", "--log-level=error", ...more], {
      cwd: folder,
    });
  const node = (file) => run(process.execPath, [file], { cwd: folder });

  esbuild("--outfile=external.mjs", "--format=esm", "--external:ostinato");
  expect(node("external.mjs"), /^computes by native/, "esbuild, external");
  // As ES modules esbuild's bundles cannot require Node's own modules, which dependencies do, so that ours is not the first complaint.
  esbuild("--outfile=bundled.cjs", "--format=cjs");
  expect(node("bundled.cjs"), /^ERR_OSTINATO_ADDON Ostinato was bundled, .*--external:ostinato/, "esbuild, bundled");

  const webpack = (name, more) => {
    const file = join(folder, `${name}.config.mjs`);
    const options = `target: "node20", mode: "production", entry: "./program.mjs", experiments: { outputModule: true },
      output: { path: ${JSON.stringify(folder)}, filename: "${name}.mjs", module: true, chunkFormat: "module" }, ${more}`;
    writeFileSync(file, `export default { ${options} };\n`);
    run(process.execPath, [join(toolsFolder(), "node_modules/webpack-cli/bin/cli.js"), "-c", file], {
      cwd: folder,
      env: { NODE_PATH: join(toolsFolder(), "node_modules") },
    });
  };
  webpack("outside", 'externals: { ostinato: "module ostinato" }');
  expect(node("outside.mjs"), /^computes by native/, "webpack, externals");
  return "esbuild external and bundled, webpack external";
}

function expect(printed, pattern, what) {
  if (!pattern.test(printed)) throw new Error(`${what}: it prints\n${printed}`);
}
