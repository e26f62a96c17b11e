import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, vi } from "vitest";

// The program as built, in this process: a command takes milliseconds, and its output is that of no terminal.
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
const built = (url: URL) => import(url.href);
const { inFlags } = (await built(new URL("../../dist/cli/flagWords.js", import.meta.url))) as {
  inFlags(message: string, command: Command, names: readonly string[]): string;
};
const { programOf } = (await built(new URL("../../dist/cli/program.js", import.meta.url))) as {
  programOf(kinds: readonly unknown[], begins: (command: Command) => void, word?: string): Command;
};
const kinds = Object.values(await built(new URL("../../dist/cli/kinds/index.js", import.meta.url)));

/** Writes a picture as a file of a form. */
export const { encodePicture } = (await built(new URL("../../dist/formats/imageFile.js", import.meta.url))) as {
  encodePicture(picture: { shape: readonly number[]; values: Uint8Array }, format: "png" | "jpeg"): Uint8Array;
};

/** Measured times, which differ from run to run, and what each version has of its own become #. */
const measured: readonly (readonly [RegExp, string])[] = [
  [/"(seconds|secondsLeft|tokensPerSecond|milliseconds)": ?[\d.e+-]+/g, '"$1":"#"'],
  [/[\d,]+ (tokens|pairs|texts|frames|values|predictions)\/s/g, "# $1/s"],
  // Rows of ladders and of comparisons: seconds, and how many tokens were read in one.
  [/ +\d+ s( +[\d,]+) +[\d,]+$/gm, " # s$1 #"],
  [/ +[\d,]+ +\d+ s$/gm, " # # s"],
  [/\d+ (s|ms)\b( left)?/g, "# $1$2"],
  [/(tokens per second) [\d,]+/g, "$1 #"],
  // A digest in which the version is.
  [/"key": "[\da-f]{16}"/g, '"key": "#"'],
];

/** A text without what a clock has measured, and numbers of JSON with the digits that every machine has in common. */
function settled(text: string): string {
  const rounded = text.replace(/(?<=[:[,])-?\d+\.\d{5,}(e-?\d+)?/g, (number) =>
    String(Number(Number(number).toPrecision(4))),
  );
  // A line of progress comes every ten seconds: only the first is certain.
  let lines = 0;
  const begun = rounded.replace(/^\| +[\d.]+ %.*\n/gm, (line) => (lines++ === 0 ? line : ""));
  return measured.reduce((line, [pattern, word]) => line.replace(pattern, word), begun);
}

/** The text of a page, a line for each row, paragraph or heading. */
function textOfPage(page: string): string {
  const shown = page.replace(/<(style|script|svg)\b.*?<\/\1>/gs, "").replace(/\s+/g, " ");
  const lines = shown.replace(/<(?:\/(?:dd|div|h\d|p|title|tr)|br)>/g, "\n").replace(/<[^>]*>/g, " ");
  return `${lines
    .replace(/ +/g, " ")
    .replace(/\s*\n\s*/g, "\n")
    .trim()}\n`;
}

/** Does work while standard output looks like that of a terminal of 256 colours. */
async function onTerminal<T>(work: () => Promise<T>): Promise<T> {
  const terminal = { isTTY: true, columns: 80, hasColors: () => true, getColorDepth: () => 8 };
  const before = Object.getOwnPropertyDescriptors(process.stdout);
  Object.assign(process.stdout, terminal);
  delete process.env.NO_COLOR;
  try {
    return await work();
  } finally {
    process.env.NO_COLOR = "1";
    for (const name of Object.keys(terminal) as (keyof typeof terminal)[]) {
      delete (process.stdout as Partial<typeof terminal>)[name];
      if (before[name]) Object.defineProperty(process.stdout, name, before[name]);
    }
  }
}

/** A folder in which commands run one after another, and what they print. @param options.prints is called with each piece of output. */
export function session(name: string, { prints }: { prints?: (piece: string) => unknown } = {}) {
  const [folder, before] = [mkdtempSync(join(tmpdir(), `ostinato-cli-${name}-`)), process.cwd()];
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command. @returns its output: results as they are, notes after a bar, and its error. */
  async function ostinato(...words: string[]): Promise<string> {
    let text = "";
    let running: Command | undefined;
    const begins = (command: Command) => {
      running = command;
    };
    const spies = (["stdout", "stderr"] as const).map((stream) =>
      vi.spyOn(process[stream], "write").mockImplementation((piece) => {
        text += stream === "stdout" ? piece : String(piece).replace(/^(?=.)/gm, "| ");
        prints?.(String(piece));
        return true;
      }),
    );
    try {
      await programOf(kinds, begins, words[0]).parseAsync(words, { from: "user" });
    } catch (error) {
      const { message, options = [] } = error as Error & { options?: readonly string[] };
      text += `! ${running ? inFlags(message, running, options) : message}\n`;
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    return settled(text);
  }

  return {
    folder,
    ostinato,
    file: (file: string, text: string | Uint8Array) => writeFileSync(join(folder, file), text),
    /**
     * Runs command lines, and gives each with what it prints; `cat` shows a file, of a page its text, and `on a terminal:` comes before
     * what is printed on one, whose orders begin with ^.
     */
    async transcript(...lines: string[]): Promise<string> {
      const parts = [];
      for (const line of lines) {
        const [, shown] = /^cat (.*)$/.exec(line) ?? [];
        if (shown !== undefined) {
          const text = readFileSync(join(folder, shown), "utf8");
          parts.push(`$ ${line}\n${settled(shown.endsWith(".html") ? textOfPage(text) : text)}`);
          continue;
        }
        const [, typed] = /^on a terminal: (.*)$/.exec(line) ?? [];
        const words = [...(typed ?? line).matchAll(/'([^']*)'|(\S+)/g)].map(
          ([, quoted, plain]) => quoted ?? (plain as string),
        );
        const said = typed === undefined ? await ostinato(...words) : await onTerminal(() => ostinato(...words));
        parts.push(`$ ${typed === undefined ? "ostinato " : ""}${line}\n${said.replaceAll("\u001b[", "^")}`);
      }
      return parts.join("\n");
    },
  };
}
