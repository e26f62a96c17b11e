// A server that streams: tokens leave as server-sent events while the text is being written, for any number of readers at a time.
//
//   node examples/streaming-server.mjs MODEL [PORT]
//   curl -N "http://127.0.0.1:8080/?prompt=The%20"
import { once } from "node:events";
import { createServer } from "node:http";
import { LanguageModel, nativeExecutor } from "ostinato";

const [folder, port = "8080"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node examples/streaming-server.mjs MODEL [PORT]");
  process.exit(2);
}
const model = await LanguageModel.load(folder, { executor: nativeExecutor() }).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
for await (const _ of model.generate({ maximumLength: 1 })); // compiles the step before the first reader waits for it

const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url, "http://localhost");
  const number = (name, initial) => Number(searchParams.get(name) ?? initial);
  const gone = new AbortController();
  response.on("close", () => gone.abort()); // a reader that leaves ends the work at once
  const begin = () => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  };
  try {
    const pieces = model.generate({
      prompt: searchParams.get("prompt") ?? "",
      temperature: number("temperature", 0.8),
      maximumLength: Math.min(number("tokens", 200), 2000),
      signal: gone.signal,
    });
    for await (const piece of pieces) {
      begin(); // the first piece: options and prompt were good
      // A reader that is slower than the model holds it up, instead of filling the memory with what is not read yet.
      if (!response.write(event("text", piece))) await once(response, "drain", { signal: gone.signal });
    }
    begin();
    response.end(event("end", null));
  } catch (error) {
    if (gone.signal.aborted) return;
    const isTheirs = error.code === "ERR_OSTINATO_INPUT" || error.code === "ERR_OSTINATO_OPTION";
    if (!isTheirs) console.error(error);
    const message = isTheirs ? error.message : "internal error";
    if (response.headersSent) response.end(event("error", message));
    else response.writeHead(isTheirs ? 400 : 500).end(`${message}\n`);
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`${folder} at http://127.0.0.1:${server.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
