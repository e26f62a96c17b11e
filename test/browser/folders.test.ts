import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browser, executor, missing } from "./module.js";

const { fetchFolder, filesOf, folderOf, removeFolder } = browser;
const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (folder: string) =>
  Object.fromEntries(
    Object.entries(filesOf(folder)).map(([name, content]) => [name, new TextDecoder().decode(content)]),
  );

test("files come back as they were given, by name, also from folders inside", () => {
  const content = { "a.txt": "é", "b/c.bin": Uint8Array.of(1, 2, 3).buffer, "b/d/e": bytes("x") };
  const folder = folderOf(content);
  expect(texts(folder)).toEqual({ "a.txt": "é", "b/c.bin": "\u0001\u0002\u0003", "b/d/e": "x" });
  (filesOf(folder)["b/d/e"] as Uint8Array).fill(0);
  expect(texts(folder)["b/d/e"]).toBe("x");
  removeFolder(folder);
  removeFolder(folder);
  expect(() => filesOf(folder)).toThrow(/there is no folder .* in memory/);
});

test.each(["", "/a", "../a", "a/../../b", "a//b", "./a", "a/"])("the name %j is refused", (name) => {
  expect(() => folderOf({ [name]: "x" })).toThrow(/expected names such as "config.json"/);
});

test.each([
  [{ "a/b": "x", a: "y" }, /"a" cannot be a file and the folder of "a\/b"/],
  [{ a: "y", "a/b": "x" }, /"a" cannot be a file and the folder of "a\/b"/],
])("%j, a file in a file, is refused", (files, message) => {
  expect(() => folderOf(files)).toThrow(message);
});

test("what filesOf returns is a copy, of a Buffer, too; a folder of one's own is left alone", () => {
  const buffer = Buffer.from("weights");
  const folder = folderOf({ w: buffer as Uint8Array<ArrayBuffer> });
  (filesOf(folder).w as Uint8Array).fill(0);
  expect(texts(folder)).toEqual({ w: "weights" });
  const next = `/folder-${Number(/\d+/.exec(folder)?.[0]) + 1}`;
  expect(folderOf({ a: "1" })).toBe(next);
  removeFolder(next);
});

test.each([null, 3, { a: 1 }, { a: [1, 2] }, { a: null }])("%j is not taken for files", (files) => {
  expect(() => folderOf(files as never)).toThrow(
    /expected files to be an object that has bytes or a text for each name/,
  );
});

test("a text in memory is tokenized, and leaves no temporary file", async () => {
  const text = "to be or not to be\n".repeat(3);
  const folder = folderOf({ "a.txt": text });
  const corpus = browser.Corpus.fromFile(`${folder}/a.txt`);
  const tokenizer = await browser.CharacterTokenizer.fromCorpus(corpus);
  const stream = await corpus.tokenize(tokenizer);
  expect(stream.length).toBe(text.length);
  expect(tokenizer.decode(await stream.read(0, stream.length))).toBe(text);
  expect(filesOf("/tmp")).toEqual({});
  await stream.close?.();
  removeFolder(folder);
});

test("a folder that lacks files is told what it lacks", async () => {
  await expect(browser.loadModel(folderOf({ "config.json": "{}" }), {})).rejects.toThrow(/has no model\.safetensors/);
  await expect(browser.loadModel("nowhere", {})).rejects.toThrow("There is no model folder nowhere.");
  const cut = folderOf({ "config.json": "{}", "model.safetensors": bytes("abc") });
  await expect(browser.loadModel(cut, {})).rejects.toThrow(/is damaged|cut off/);
});

describe("fetchFolder", () => {
  const files: Record<string, string> = {
    "/model/config.json": JSON.stringify({ tokenizer: "vocabulary.json" }),
    "/model/model.safetensors": "weights",
    "/model/vocabulary.json": "{}",
    "/model/trainer.safetensors": "training",
    "/plain/config.json": "{}",
    "/plain/model.safetensors": "weights",
    "/assets/config-1a2b.json": "{}",
    "/assets/model-3c4d.bin": "weights",
    "/page/config.json": "<!doctype html><p>not here",
    "/pointer/config.json": "{}",
    "/pointer/model.safetensors": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "/broken/config.json": "{",
    "/packed/weights": "",
  };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url as string);
    const content = files[new URL(request.url as string, "http://localhost").pathname];
    if (request.url === "/slow/endless.bin") return void response.write("and so on");
    if (content === undefined) response.writeHead(404);
    const packed = request.url === "/packed/weights" ? gzipSync("aaa") : undefined;
    if (packed) response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
    response.end(packed ?? content);
  });
  let base = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("config.json says which files there are", async () => {
    expect(Object.keys(filesOf(await fetchFolder(`${base}/model`))).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "vocabulary.json",
    ]);
    expect(Object.keys(filesOf(await fetchFolder(new URL(`${base}/plain/`)))).length).toBe(2);
  });

  test("files are asked for by name, or by URLs of their own; a query goes with each", async () => {
    const folder = await fetchFolder(`${base}/model?token=1`, { files: ["config.json", "trainer.safetensors"] });
    expect(texts(folder)["trainer.safetensors"]).toBe("training");
    expect(asked).toContain("/model/trainer.safetensors?token=1");
    const renamed = { "config.json": "config-1a2b.json", "model.safetensors": `${base}/assets/model-3c4d.bin` };
    expect(texts(await fetchFolder(`${base}/assets`, { files: renamed }))).toEqual({
      "config.json": "{}",
      "model.safetensors": "weights",
    });
  });

  test("progress ends with all bytes of each file", async () => {
    const last: Record<string, unknown> = {};
    const folder = await fetchFolder(`${base}/model`, {
      onProgress: ({ file, loaded, total }) => {
        last[file] = [loaded, total];
      },
    });
    expect(texts(folder)["model.safetensors"]).toBe("weights");
    expect(last["model.safetensors"]).toEqual([7, 7]);
  });

  test("of a file that is packed on the way nobody knows how much there is", async () => {
    const totals: unknown[] = [];
    const onProgress = ({ loaded, total }: { loaded: number; total: number | null }) => totals.push([loaded, total]);
    const folder = await fetchFolder(`${base}/packed`, { files: ["weights"], onProgress });
    expect(texts(folder)).toEqual({ weights: "aaa" });
    expect(totals).toEqual([[3, null]]);
  });

  test.each([null, 3])("a request that is %j is refused", async (request) => {
    await expect(fetchFolder(`${base}/model`, { request: request as never })).rejects.toThrow(
      "fetchFolder: expected request to be",
    );
  });

  test.each([
    ["/nowhere", /nowhere\/config\.json cannot be fetched: the server answers 404 Not Found\./],
    ["/page", /page\/config\.json is a web page and not config\.json: many servers answer so where there is no file/],
    ["/pointer", /is the pointer that Git LFS keeps in place of model\.safetensors/],
    ["/broken", /broken\/config\.json/],
  ])("%s is refused with its reason", async (path, reason) => {
    await expect(fetchFolder(base + path)).rejects.toMatchObject({
      code: "ERR_OSTINATO_FILE",
      message: expect.stringMatching(reason),
    });
  });

  test("an error of onProgress is the caller's own, and what is no URL is named", async () => {
    const onProgress = () => {
      throw new RangeError("of the page");
    };
    await expect(fetchFolder(`${base}/model`, { onProgress })).rejects.toThrow(new RangeError("of the page"));
    const files = { "config.json": "http://" };
    await expect(fetchFolder(`${base}/model`, { files })).rejects.toMatchObject({
      code: "ERR_OSTINATO_OPTION",
      message: 'fetchFolder: expected the URL of a file, got "http://".',
    });
  });

  test("one file that fails ends the others", async () => {
    const stopped = new Promise((resolve) => {
      server.once("request", (_, response) => response.once("close", () => resolve(response.writableFinished)));
    });
    await expect(fetchFolder(`${base}/slow`, { files: ["endless.bin", "nothing"] })).rejects.toThrow(/404 Not Found/);
    expect(await stopped).toBe(false);
  });

  test("a server that is not there, a relative URL and a signal are told apart", async () => {
    await expect(fetchFolder("http://127.0.0.1:1/model")).rejects.toThrow(/does it let this page read it \(CORS\)\?/);
    await expect(fetchFolder("model")).rejects.toThrow(/expected the URL of a folder, got "model"\. Outside of a page/);
    await expect(fetchFolder(`${base}/model`, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe.skipIf(missing)(`a training on files in memory (${missing ?? "dist/packed/browser.js"})`, () => {
  const { adam, CharacterTokenizer, LanguageModel, loadModel, memoryStream, Trainer, WindowData } = browser;
  const text = "the quick brown fox jumps over the lazy dog\n".repeat(8);
  const tokenizer = CharacterTokenizer.fromText(text);
  const data = () => new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 4, windowLength: 10 });
  const options = (folder: string) => ({ data: data(), epochs: 2, optimizer: adam(), folder });
  const fresh = () => LanguageModel.create({ tokenizer, hiddenSize: 8, layers: 1, executor: executor as never });

  test("stops by a signal, moves to another folder as bytes, and goes on to the bits of one that never stopped", async () => {
    await new Trainer(await fresh(), options("whole")).run();
    const stop = new AbortController();
    const first = new Trainer(await fresh(), options("cut"));
    first.on("step", ({ step }) => {
      if (step === 5) stop.abort();
    });
    expect((await first.run({ signal: stop.signal })).reason).toBe("stopped");
    const moved = folderOf(filesOf("cut"));
    const model = await loadModel(moved, { executor: executor as never });
    await new Trainer(model as never, { ...options(moved), resume: true }).run();
    expect(filesOf(moved)["model.safetensors"]).toEqual(filesOf("whole")["model.safetensors"]);
  });

  test("a model writes no ONNX there", async () => {
    await expect((await fresh()).exportOnnx("onnx")).rejects.toMatchObject({
      code: "ERR_OSTINATO_BROWSER",
      message: expect.stringMatching(
        /ONNX is not written\. Load the model's folder in Node and call exportOnnx there\./,
      ),
    });
  });

  test("a folder takes one training at a time, and is free after it", async () => {
    const running = new Trainer(await fresh(), options("busy")).run();
    await expect(new Trainer(await fresh(), options("./busy")).run()).rejects.toThrow(
      "./busy is being trained by this page",
    );
    await running;
    await new Trainer(await fresh(), { ...options("busy"), overwrite: true }).run();
    await expect(new Trainer(await fresh(), options("busy")).run()).rejects.toThrow(/busy holds a model already/);
  });

  test("a model that is there is not written over unless asked, and savings follow each other", async () => {
    const [one, other] = [
      await fresh(),
      await LanguageModel.create({ tokenizer, hiddenSize: 4, executor: executor as never }),
    ];
    await Promise.all([one.save("kept"), one.save("kept")]);
    await expect(other.save("kept")).rejects.toThrow(/kept holds another model/);
    await other.save("kept", { overwrite: true });
    expect(Object.keys(filesOf("kept")).sort()).toEqual(["config.json", "model.safetensors", "vocabulary.json"]);
    expect((await loadModel("kept", { executor: executor as never })).parameterCount).toBe(other.parameterCount);
  });
});
