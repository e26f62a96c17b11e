import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const book = join(folder, "book.txt");
writeFileSync(book, 'It was the best of times, it was the worst of times.\n"Who is there?" he said.\n'.repeat(60));
const small = ["--hidden-size", "16", "--layers", "1", "--batch-size", "4", "--window-length", "16"];

const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env,
    encoding: "utf8",
    timeout: 170_000,
  });
  return { status, stdout, stderr };
}

/** One line, no stack, beginning with "error:". */
function expectOneSentence({ stderr, stdout }: { stderr: string; stdout: string }, words: RegExp) {
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^error: /);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe("");
}

const model = join(folder, "model");

test("train, generate, evaluate, info and inspect work one after the other", () => {
  const trained = ostinato("train", "lm", book, "--out", model, ...small, "--epochs", "3", "--sample-every", "60");
  expect(trained).toMatchObject({ status: 0, stdout: "" });
  expect(trained.stderr).toMatch(/validation \d\.\d+ nats, perplexity/);
  expect(trained.stderr).toMatch(/--- after 60 updates/);

  const a = ostinato("generate", model, "--prompt", "It was", "--maximum-length", "40", "--seed", "3");
  const b = ostinato("generate", model, "--prompt", "It was", "--maximum-length", "40", "--seed", "3");
  expect(a.status).toBe(0);
  expect(a.stdout).toBe(b.stdout);
  expect(a.stdout.startsWith("It was")).toBe(true);
  expect(a.stdout.trimEnd().length).toBeGreaterThan(20);

  expect(ostinato("evaluate", model, book).stdout).toMatch(
    /tokens: \d\.\d+ nats, perplexity \d+\.\d+, \d\.\d+ bits per character/,
  );
  expect(ostinato("info", model).stdout).toMatch(/LanguageModel: [\d,]+ parameters in float32; character tokens/);
  expect(ostinato("info").stdout).toMatch(/Kernels: \w+ \(.*\).*Matrix products/s);

  const inspected = ostinato("inspect", model, "--text", book);
  expect(inspected.stdout).toMatch(/^The report is in .*report\.html: open it in a browser\.\n$/m);
  expect(inspected.status).toBe(0);
  expect(readFileSync(join(model, "report.html"), "utf8")).toContain("<html");
});

test("generate without --seed writes another text each time", () => {
  const write = () => ostinato("generate", model, "--prompt", "It was", "--maximum-length", "60", "--temperature", "2");
  const first = write();
  expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(/^It was/), stderr: "" });
  expect(write().stdout).not.toBe(first.stdout);
});

test("generate --beams writes the likeliest texts, the same each time", () => {
  const search = ["generate", model, "--prompt", "It was", "--beams", "4", "--maximum-length", "12"];
  const a = ostinato(...search);
  expect(a).toMatchObject({ status: 0, stderr: "", stdout: ostinato(...search).stdout });
  expect(a.stdout.startsWith("It was")).toBe(true);
  const lines = ostinato(...search, "--n-best", "3", "--length-penalty", "average", "--json")
    .stdout.trim()
    .split("\n");
  const texts = lines.map((line) => JSON.parse(line) as { score: number; tokens: unknown[] });
  expect(texts.length).toBe(3);
  expect(texts[0]?.score).toBeGreaterThanOrEqual(texts[2]?.score as number);
  expect(texts[0]?.tokens.length).toBe(12);
  for (const [name, value] of [
    ["--temperature", "1"],
    ["--top-k", "3"],
    ["--count", "2"],
    ["--seed", "1"],
  ] as const) {
    const refused = ostinato(...search, name, value);
    expect(refused.status).toBe(2);
    expectOneSentence(refused, new RegExp(`${name} has no effect here, for --beams searches`));
  }
  // A line end is where a search can stop: --end line in other words, and in contradiction to another --end.
  const line = ostinato(...search, "--end", "line");
  expect(line).toMatchObject({ status: 0, stderr: "" });
  expect(ostinato(...search, "--stop", "\n")).toEqual(line);
  expectOneSentence(ostinato(...search, "--stop", "\n", "--end", "never"), /a search cannot stop before a text/);
  expectOneSentence(ostinato(...search, "--stop", "x"), /a search cannot stop before a text; it ends where --end says/);
  expectOneSentence(
    ostinato("generate", model, "--length-penalty", "1", "--seed", "2"),
    /--length-penalty .*add --beams 5/,
  );
});

test("generate --n-best searches, with as many beams as that takes", () => {
  const { stdout } = ostinato("generate", model, "--n-best", "7", "--maximum-length", "5", "--json");
  expect(stdout.trim().split("\n").length).toBe(7);
});

test("generate --next prints the likeliest next tokens, and their probabilities fall", () => {
  const { status, stdout } = ostinato("generate", model, "--prompt", "It was the ", "--next", "4");
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBe(4);
  expect(lines.every((line) => /^[01]\.\d{4} {2}\S+$/.test(line))).toBe(true);
  const [first, ...rest] = lines.map((line) => Number(line.split("  ")[0]));
  expect(rest.every((p) => p <= (first as number))).toBe(true);
  const { tokens } = JSON.parse(ostinato("generate", model, "--prompt", "It was the ", "--next", "4", "--json").stdout);
  expect(tokens.map(({ probability }: { probability: number }) => Number(probability.toFixed(4)))).toEqual([
    first,
    ...rest,
  ]);
  expectOneSentence(
    ostinato("generate", model, "--next", "4", "--seed", "1"),
    /--seed has no effect here, for --next tells/,
  );
  expect(ostinato("generate", model, "--next", "0").status).toBe(2);
});

test("generate stops before the first of several texts, and refuses an empty one", () => {
  const options = ["generate", model, "--prompt", "It was", "--seed", "3", "--maximum-length", "60"];
  const whole = ostinato(...options).stdout.trimEnd();
  const stops = [whole.slice(30, 33), whole.slice(20, 22)];
  const at = Math.min(...stops.map((stop) => whole.indexOf(stop, 6)));
  const { stdout } = ostinato(...options, ...stops.flatMap((stop) => ["--stop", stop]));
  expect(stdout).toBe(`${whole.slice(0, at)}\n`);
  expect(ostinato(...options, "--stop", "")).toMatchObject({ status: 2, stdout: "" });
  expect(ostinato(...options, "--count", "0")).toMatchObject({ status: 2, stdout: "" });
});

test("a model of lines writes one, or with --end never several; long lines are refused by number, cut or skipped", () => {
  const names = join(folder, "names.txt");
  const lines = Array.from({ length: 200 }, (_, i) => `${"ABC"[i % 3]}${"ab".repeat(1 + (i % 4))}`);
  writeFileSync(names, `${lines.slice(0, 100).join("\n")}\n${"x".repeat(30)}\n${lines.slice(100).join("\n")}\n`);
  const out = join(folder, "names");
  const train = (...options: string[]) =>
    ostinato("train", "lm", names, "-o", out, ...small.slice(0, -2), "--sentences", "--epochs", "12", ...options);
  const refused = train("--maximum-length", "20");
  expect(refused.stderr).toMatch(/Line 101 of the text has 30 tokens, and at most 20 are allowed/);
  expect(refused.status).toBe(1);
  expect(train("--maximum-length", "20", "--long", "cut", "--maximum-steps", "1").stderr).toMatch(
    /too long: 1 cut, 0 left out/,
  );
  expect(train("--maximum-length", "20", "--long", "skip", "--overwrite").stderr).toMatch(
    /too long: 0 cut, 1 left out/,
  );
  const one = ostinato("generate", out, "--seed", "1");
  expect(one.stdout).toMatch(/^[ABC][ab]*\n$/);
  const several = ostinato("generate", out, "--seed", "1", "--end", "never", "--maximum-length", "100");
  expect(several.stdout.startsWith(one.stdout)).toBe(true);
  const begun = several.stdout.trimEnd().split("\n");
  expect(begun.length).toBeGreaterThan(5);
  expect(begun.filter((line) => /^[ABC]/.test(line)).length).toBeGreaterThan(0.8 * begun.length);
  expect(ostinato("generate", out, "--beams", "5").stdout).toMatch(/^[ABC][ab]*\n$/);
});

test("a word model says how much of a prompt it does not know", () => {
  const out = join(folder, "words");
  const options = ["--tokenizer", "word", "--vocabulary", "10", "--epochs", "1", ...small];
  expect(ostinato("train", "lm", book, "-o", out, ...options).status).toBe(0);
  const { stderr } = ostinato("generate", out, "--prompt", "It was zebra time", "--maximum-length", "3");
  expect(stderr).toMatch(/2 of 4 tokens of the prompt are unknown to the model, and read as <unk>/);
  const { unknown } = JSON.parse(ostinato("generate", out, "--prompt", "It was zebra", "--next", "2", "--json").stdout);
  expect(unknown).toBe(1);
  const zebras = join(folder, "zebras.txt");
  writeFileSync(zebras, "the zebra zebra the\n".repeat(10));
  // A line has five tokens, and the very first one is only read.
  expect(ostinato("evaluate", out, zebras).stdout).toMatch(
    /^49 tokens: .*\n20 tokens \(40\.8 %\) not in the vocabulary: read and predicted as <unk>\.\n$/,
  );
  const known = join(folder, "known.txt");
  writeFileSync(known, "the the\n".repeat(10));
  expect(ostinato("evaluate", out, known).stdout).toMatch(/^\d+ tokens: .*\n$/);
});

test("quantize writes a smaller model that generates, and says what it costs", () => {
  const small = join(folder, "int8");
  const made = ostinato("quantize", model, small, "--evaluate", book, "--json");
  expect(made).toMatchObject({ status: 0, stderr: "" });
  const { weights, bytes, perplexity } = JSON.parse(made.stdout);
  expect(weights).toBe("int8");
  expect(bytes.after).toBeLessThan(bytes.before / 2);
  expect(bytes.before).toBe(statSync(join(model, "model.safetensors")).size);
  expect(Math.abs(perplexity.after / perplexity.before - 1)).toBeLessThan(0.05);
  expect(ostinato("evaluate", small, book, "--json").stdout).toContain(String(perplexity.after));
  expect(ostinato("info", small).stdout).toContain("int8");

  const texts = ostinato("generate", small, "--count", "3", "--maximum-length", "20", "--seed", "1", "--json").stdout;
  const places = texts
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).place);
  expect(places).toEqual([0, 1, 2]);

  expectOneSentence(ostinato("quantize", model, small), /holds a model already/);
  expectOneSentence(ostinato("quantize", small, join(folder, "x"), "--weights", "bfloat16"), /int8 already/);
  expectOneSentence(ostinato("quantize", small, join(folder, "x")), /the weights of .* are int8 already\./);
});

test("--json prints one object a line, for machines", () => {
  const out = join(folder, "json");
  const { stdout, stderr, status } = ostinato(
    "train",
    "lm",
    book,
    "--out",
    out,
    ...small,
    "--maximum-steps",
    "5",
    "--test",
    book,
    "--json",
  );
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string });
  expect(events.filter(({ event }) => event === "step").length).toBe(5);
  const end = events.find(({ event }) => event === "end");
  expect(end).toMatchObject({ reason: "finished", step: 5 });
  expect(events.at(-1)).toMatchObject({ event: "test", loss: expect.any(Number), perplexity: expect.any(Number) });
  expect(JSON.parse(ostinato("evaluate", out, book, "--json").stdout)).toHaveProperty("loss");
  expect(JSON.parse(ostinato("generate", out, "--json", "--seed", "1").stdout)).toHaveProperty("text");
  const failed = ostinato("generate", join(folder, "nowhere"), "--json");
  expect(JSON.parse(failed.stdout)).toMatchObject({ event: "error", code: "ERR_OSTINATO_FILE" });
});

test("a model that is there is not overwritten unless asked for", () => {
  const before = readFileSync(join(model, "model.safetensors"));
  const refused = ostinato("train", "lm", book, "--out", model, ...small, "--maximum-steps", "2");
  expect(refused.status).toBe(1);
  expectOneSentence(refused, /holds a model already.*--resume.*--overwrite/);
  expect(readFileSync(join(model, "model.safetensors"))).toEqual(before);
});

for (const [name, signal, code] of [
  ["Ctrl-C", "SIGINT", 130],
  ["SIGTERM", "SIGTERM", 143],
] as const) {
  test(`${name} saves and stops, and --resume goes on where it was`, async () => {
    const out = join(folder, signal);
    const args = ["train", "lm", book, "--out", out, ...small, "--epochs", "400", "--json"];
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const enough = printed.length > 20_000;
      printed += text;
      if (!enough && printed.length > 20_000) child.kill(signal);
    });
    const [status] = (await once(child, "exit")) as [number];
    expect(status).toBe(code);
    const end = JSON.parse(printed.trim().split("\n").at(-1) as string) as { reason: string; step: number };
    expect(end.reason).toBe("stopped");
    const resumed = ostinato(...args, "--resume", "--maximum-steps", String(end.step + 3));
    const steps = resumed.stdout.split("\n").filter((line) => line.includes('"event":"step"'));
    expect(steps.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(
      [1, 2, 3].map((i) => end.step + i),
    );
  });
}

test("a reader that leaves stops a training as Ctrl-C does", async () => {
  const out = join(folder, "left");
  const args = ["train", "lm", book, "--out", out, ...small, "--epochs", "1000", "--json"];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let steps = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    steps += chunk.toString().split('"event":"step"').length - 1;
    if (steps >= 10) child.stdout.destroy();
  });
  const [status] = (await once(child, "exit")) as [number];
  expect(status).toBe(141);
  const resumed = ostinato(...args, "--resume", "--maximum-steps", "1");
  const end = JSON.parse(resumed.stdout.trim().split("\n").at(-1) as string) as { step: number };
  expect(end.step).toBeGreaterThanOrEqual(10);
}, 60_000);

test("bad input gets one sentence that says what to do", () => {
  const empty = join(folder, "empty.txt");
  writeFileSync(empty, "");
  const latin1 = join(folder, "latin1.txt");
  writeFileSync(latin1, Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
  const tiny = join(folder, "tiny.txt");
  writeFileSync(tiny, "too short");
  const out = ["--out", join(folder, "never")];
  expectOneSentence(ostinato("train", "lm", empty, ...out), /empty/);
  expectOneSentence(ostinato("train", "lm", latin1, ...out), /latin1\.txt.*UTF-8.*(byte|offset)/);
  expectOneSentence(ostinato("train", "lm", tiny, ...out), /tokens/);
  expectOneSentence(ostinato("train", "lm", join(folder, "missing.txt"), ...out), /missing\.txt/);
  expectOneSentence(ostinato("train", "lm", book, ...out, "--dropout", "1.5"), /dropout.*below 1/);
  expectOneSentence(
    ostinato("train", "lm", book, ...out, "--cell", "gru", "--forget-bias", "2"),
    /--forget-bias needs --cell .*lstm/,
  );
  expectOneSentence(ostinato("train", "lm", book, ...out, "--tokenizer", "words"), /character, jamo, byte, word/);
  expectOneSentence(ostinato("generate", model, "--prompt", "\u00e9"), /U\+00E9/);
  expectOneSentence(ostinato("generate", join(folder, "missing")), /missing/);
  expect(existsSync(join(folder, "never"))).toBe(false);
});

test("subwords are learnt from the text, and a resumed training keeps them", () => {
  const out = join(folder, "subwords");
  const options = ["--out", out, ...small, "--tokenizer", "subword", "--vocabulary", "290"];
  const trained = ostinato("train", "lm", book, ...options, "--maximum-steps", "2");
  expect(trained).toMatchObject({ status: 0, stdout: "" });
  expect(trained.stderr).toMatch(/subword tokens to learn.*vocabulary 290/);
  expect(ostinato("train", "lm", book, ...options, "--maximum-steps", "4", "--resume").stderr).toMatch(
    /Done after 4 updates/,
  );
  expect(ostinato("info", out).stdout).toMatch(/subword tokens/);
  const never = ["--out", join(folder, "never")];
  expectOneSentence(
    ostinato("train", "lm", book, ...never, "--vocabulary", "290"),
    /--vocabulary needs --tokenizer word or subword/,
  );
  expectOneSentence(
    ostinato("train", "lm", book, ...never, "--tokenizer", "subword", "--vocabulary", "20"),
    /expected --vocabulary to be a whole number of at least 259/,
  );
});

test("a truncated model is refused by name", () => {
  const damaged = join(folder, "damaged");
  ostinato("train", "lm", book, "--out", damaged, ...small, "--maximum-steps", "2");
  truncateSync(join(damaged, "model.safetensors"), 1000);
  expectOneSentence(ostinato("generate", damaged), /model\.safetensors/);
});

test("a wrong command line exits with 2, --help with 0 for every command", () => {
  expect(ostinato("train", "lm").status).toBe(2);
  expect(ostinato("fly").status).toBe(2);
  expect(ostinato("generate", model, "--top-k", "many").status).toBe(2);
  for (const command of [[], ["train"], ["train", "lm"], ["generate"], ["evaluate"], ["inspect"], ["info"]]) {
    const help = ostinato(...command, "--help");
    expect(help.status).toBe(0);
    expect(help.stdout).toMatch(/Usage: ostinato/);
  }
});
