import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";

const file = (() => {
  try {
    return createRequire(import.meta.url).resolve("tokenizers");
  } catch {
    return null;
  }
})();

/** Whether Hugging Face's own library, the optional npm package tokenizers, is there to compare with. */
export const hasLibrary = file !== null;

interface Job {
  json: string;
  texts?: readonly string[];
  lists?: readonly (readonly number[])[];
  /** A text to normalize and to cut into words. */
  steps?: string;
}

type Answer =
  | { ids: (number[] | null)[]; texts: (string | null)[]; normal?: string; words?: string[] }
  | { refusal: string };

/** Neither cuts texts short nor pads them, and puts no special tokens around them. */
const script = `
const { Tokenizer } = require(process.argv[1]);
process.on("message", async ({ json, texts = [], lists = [], steps }) => {
  try {
    const tokenizer = Tokenizer.fromString(json);
    tokenizer.disablePadding();
    tokenizer.disableTruncation();
    const answer = { ids: [], texts: [] };
    const encode = async (text) => (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
    for (const text of texts) answer.ids.push(await encode(text).catch(() => null));
    for (const list of lists) answer.texts.push(await tokenizer.decode(list, false).catch(() => null));
    if (steps !== undefined) {
      answer.normal = tokenizer.getNormalizer()?.normalizeString(steps);
      answer.words = tokenizer.getPreTokenizer()?.preTokenizeString(steps).map(([word]) => word);
    }
    process.send(answer);
  } catch (error) {
    process.send({ refusal: error.message });
  }
});
`;

/**
 * The library in a process of its own, for some settings make it abort the process.
 *
 * An answer is null where it failed or aborted.
 */
export class Library {
  #process: ChildProcess | null = null;

  /** The library's ids of texts. @throws Error if it refuses the file. */
  async ids(json: object | string, texts: readonly string[]): Promise<(number[] | null)[]> {
    const content = textOf(json);
    const answer = await this.#ask({ json: content, texts });
    if (answer) return answer.ids;
    if (texts.length === 1) return [null];
    const each = [];
    for (const text of texts) each.push(...(await this.ids(content, [text])));
    return each;
  }

  /** The library's texts of ids. @throws Error if it refuses the file. */
  async decoded(json: object | string, lists: readonly (readonly number[])[]): Promise<(string | null)[]> {
    const answer = await this.#ask({ json: textOf(json), lists });
    return answer ? answer.texts : lists.map(() => null);
  }

  /** The results of the library's normalizer and pre-tokenizer for a text, each alone. */
  async steps(json: object, text: string): Promise<{ normal?: string; words?: string[] }> {
    return (await this.#ask({ json: textOf(json), steps: text })) ?? {};
  }

  close(): void {
    this.#process?.kill("SIGKILL");
  }

  /** Null if the process dies. */
  async #ask(job: Job): Promise<Exclude<Answer, { refusal: string }> | null> {
    this.#process ??= spawn(process.execPath, ["-e", script, file as string], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const child = this.#process;
    const answer = await new Promise<Answer | null>((resolve) => {
      const end = (given: Answer | null) => {
        child.removeAllListeners();
        resolve(given);
      };
      child.once("message", end).once("exit", () => end(null));
      child.send(job, (error) => error && end(null));
    });
    if (answer === null) this.#process = null;
    if (answer && "refusal" in answer) throw new Error(`the library refuses the file: ${answer.refusal}`);
    return answer;
  }
}

function textOf(json: object | string): string {
  return typeof json === "string" ? json : JSON.stringify(json);
}
