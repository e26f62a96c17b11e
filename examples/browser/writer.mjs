// A model in a Worker: the page stays free while it writes. Import maps do not reach a Worker, so the page says where the package is.
// Messages to it: { load: { package, wasm, folder } } once, { write: options of generate }, { stop: true }.
// Messages from it: { ready: { kind, parameters } }, { piece }, { done: true }, { error }.
let model;
let writing = new AbortController();

async function load({ package: url, wasm, folder }) {
  const { fetchFolder, loadModel, removeFolder, WasmExecutor } = await import(url);
  const [bytes, path] = await Promise.all([fetch(wasm).then((response) => response.arrayBuffer()), fetchFolder(folder)]);
  model = await loadModel(path, { executor: await WasmExecutor.load(bytes) });
  removeFolder(path);
  postMessage({ ready: { kind: model.kind.name, parameters: model.parameterCount } });
}

async function write(options) {
  writing = new AbortController();
  for await (const piece of model.generate({ ...options, signal: writing.signal })) postMessage({ piece });
  postMessage({ done: true });
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.load) await load(data.load);
    else if (data.write) await write(data.write);
    else if (data.stop) writing.abort();
  } catch (error) {
    postMessage(error.name === "AbortError" ? { done: true } : { error: error.message });
  }
});
