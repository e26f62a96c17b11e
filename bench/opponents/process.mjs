import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { mark } from "./serve.mjs";

/** The harness's side of an opponent: a process that makes training steps when asked. */
export class OpponentProcess {
  #child;
  #answers;
  #errors = "";

  /** @param {{ command: string, arguments: string[], environment?: Record<string, string> }} start */
  constructor(start) {
    this.#child = spawn(start.command, start.arguments, { env: { ...process.env, ...start.environment } });
    this.#child.stderr.on("data", (text) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    // A command that does not exist is reported when its first answer is asked for.
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on("error", () => {});
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns {Promise<{ settings: string, firstLoss: number, firstStepMilliseconds: number }>} after its first step */
  async ready() {
    return (await this.#answer()).ready;
  }

  /** @returns {Promise<{ milliseconds: number[], loss: number }>} the steps that it made in about `seconds`; `more` says what else it is told */
  async round(seconds, more = {}) {
    this.#child.stdin.write(`${JSON.stringify({ seconds, ...more })}\n`);
    return this.#answer();
  }

  stop() {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #answer() {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(lastLine(this.#errors) ?? "it ended without an answer");
      if (value.startsWith(mark)) return JSON.parse(value.slice(mark.length));
    }
  }
}

/** The line of an error report that says what is wrong: Python's last, Node's first with a message. */
function lastLine(text) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.find((line) => /^\w*Error\b.*:/.test(line)) ?? lines.at(-1);
}
