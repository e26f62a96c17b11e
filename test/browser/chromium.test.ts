import { expect, test } from "vitest";
import { browser, executor } from "./module.js";
import { chromium, inChromium, pageMissing } from "./page.js";

const text = "the quick brown fox jumps over the lazy dog\n".repeat(40);

/** A model that has learnt some of the text, as the files of its folder, and what it writes. */
async function trained() {
  const { adam, CharacterTokenizer, LanguageModel, memoryStream, Trainer, WindowData } = browser;
  const tokenizer = CharacterTokenizer.fromText(text);
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 32, layers: 1, executor: executor as never });
  const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 8, windowLength: 20 });
  const options = { data, epochs: 20, optimizer: adam({ learningRate: 0.02 }), folder: "trained" };
  await new Trainer(model, options as never).run();
  const files = browser.filesOf("trained");
  browser.removeFolder("trained");
  let written = "";
  for await (const piece of model.generate({ prompt: "the ", maximumLength: 500, temperature: 0 })) written += piece;
  return { files, written };
}

/** Loads, writes, trains on and stops a training in the page, with the page's own clock running; then opens the example of a Worker. */
const script = `
    const o = await import("ostinato/browser");
    const bytes = await (await fetch("/prebuilds/ostinato.wasm")).arrayBuffer();
    const executor = await o.WasmExecutor.load(bytes);
    const two = await o.WasmExecutor.load(bytes, { threads: 2 }).catch((error) => error.message);
    const sizes = {};
    const folder = await o.fetchFolder("/examples/browser/my-model", { onProgress: ({ file, loaded, total }) => { sizes[file] = [loaded, total]; } });
    const model = await o.loadModel(folder, { executor });
    let written = "";
    for await (const piece of model.generate({ prompt: "the ", maximumLength: 500, temperature: 0 })) written += piece;

    const text = ${JSON.stringify(text)};
    const data = new o.WindowData(o.memoryStream(model.tokenizer.encode(text), 0), { batchSize: 8, windowLength: 20 });
    const own = await o.LanguageModel.create({ tokenizer: model.tokenizer, hiddenSize: 32, layers: 1, executor });
    const options = { data, optimizer: o.adam({ learningRate: 0.02 }), epochs: 1000, folder: "here" };
    let ticks = 0;
    const clock = setInterval(() => ticks++, 0);
    const losses = [];
    const stop = new AbortController();
    const trainer = new o.Trainer(own, options);
    trainer.on("step", ({ loss }) => { if (losses.push(loss) === 60) stop.abort(); });
    const { reason } = await trainer.run({ signal: stop.signal });
    clearInterval(clock);
    const resumed = new o.Trainer(await o.loadModel("here", { executor }), { ...options, resume: true, maximumSteps: 70 });
    const { step } = await resumed.run();

    const missing = await o.fetchFolder("/nowhere").catch((error) => error.message);
    const example = document.createElement("iframe");
    example.src = "/examples/browser/writer.html?temperature=0";
    const worker = await new Promise((resolve) => {
      document.body.append(example);
      const look = setInterval(() => {
        const part = (id) => example.contentDocument?.getElementById(id);
        if (!part("write")) return;
        if (part("text").textContent.length > 500 || /wrong|cannot/.test(part("state").textContent)) {
          clearInterval(look);
          resolve([part("state").textContent, part("text").textContent]);
        } else if (!part("write").disabled && part("text").textContent === "") {
          part("prompt").value = "the ";
          part("write").click();
        }
      }, 20);
    });
    await tell({ written, sizes, reason, step, losses, ticks, files: Object.keys(o.filesOf("here")), missing, worker, threads: [executor.threads, two] });`;

test.skipIf(pageMissing)(
  `a page in Chromium fetches a model folder, writes the same text, also in a Worker, and trains (${pageMissing ?? chromium})`,
  async () => {
    const { files, written } = await trained();
    const served = Object.entries(files).map(([name, bytes]) => [`/examples/browser/my-model/${name}`, bytes]);
    const imports = { "ostinato/browser": "/dist/packed/browser.js" };
    const result = await inChromium({ script, imports }, Object.fromEntries(served));
    expect(result.error).toBeUndefined();
    expect(result.written).toBe(written);
    expect(written).toMatch(/^quick brown fox /);
    expect(result.worker).toEqual([expect.stringMatching(/^LanguageModel of \d+ parameters$/), `the ${written}`]);
    const length = files["model.safetensors"]?.length;
    expect(result.sizes).toMatchObject({ "model.safetensors": [length, length] });
    expect(result).toMatchObject({ reason: "stopped", step: 70 });
    const losses = result.losses as number[];
    expect(losses.length).toBe(60);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    expect(result.ticks).toBeGreaterThan(5);
    const names = ["config.json", "model.safetensors", "vocabulary.json", "trainer.safetensors", "trainer.json"];
    expect((result.files as string[]).sort()).toEqual(names.sort());
    expect(result.threads).toEqual([
      1,
      expect.stringMatching(/^WasmExecutor: there is one thread, not 2\. .*Cross-Origin/),
    ]);
    expect(result.missing).toMatch(/nowhere\/config\.json cannot be fetched: the server answers 404/);
  },
);
