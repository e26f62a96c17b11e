// A server that labels texts: requests that come while others are being read are read together, side by side.
//
//   node examples/classification-server.mjs MODEL [PORT]
//   curl "http://127.0.0.1:8080/?text=not%20bad%20at%20all"
import { createServer } from "node:http";
import { nativeExecutor, SequenceClassifier } from "ostinato";

const [folder, port = "8080"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node examples/classification-server.mjs MODEL [PORT]");
  process.exit(2);
}
const model = await SequenceClassifier.load(folder, { executor: nativeExecutor() });

const [mostAtOnce, mostWaiting] = [64, 10_000];
const waiting = [];
let reading = false;

/** The label of a text, read beside those that other requests bring. */
function classify(text) {
  if (waiting.length >= mostWaiting) return Promise.reject(Object.assign(new Error("too many requests"), { status: 503 }));
  return new Promise((resolve, reject) => {
    waiting.push({ text, resolve, reject });
    if (!reading) void read();
  });
}

async function read() {
  reading = true;
  while (waiting.length > 0) {
    const requests = waiting.splice(0, mostAtOnce);
    await answer(requests);
  }
  reading = false;
}

async function answer(requests) {
  try {
    const found = await model.classify(requests.map(({ text }) => text));
    for (const [i, { resolve }] of requests.entries()) resolve(found[i]);
  } catch (error) {
    if (requests.length === 1) return requests[0].reject(error);
    // One of them cannot be read: it alone gets the error.
    for (const request of requests) await answer([request]);
  }
}

const server = createServer(async (request, response) => {
  const text = new URL(request.url, "http://localhost").searchParams.get("text") ?? "";
  try {
    const { label, probabilities } = await classify(text);
    response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify({ label, probabilities })}\n`);
  } catch (error) {
    const status = error.status ?? (error.code === "ERR_OSTINATO_INPUT" ? 400 : 500);
    if (status === 500) console.error(error);
    response.writeHead(status).end(`${status === 500 ? "internal error" : error.message}\n`);
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`${folder} at http://127.0.0.1:${server.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
