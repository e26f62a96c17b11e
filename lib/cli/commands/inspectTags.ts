import { join } from "node:path";
import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import { taggedTerminal, tagsIn } from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { Painted } from "../output.js";
import { colourDepth, printer } from "../print.js";
import { taggedLike, withConllOptions } from "../taggedFiles.js";
import type { Ability } from "../verbs.js";
import { taggedTexts, writeTagReport } from "../writeTagReport.js";
import { historyIn, inspect, withTerminal } from "./inspect.js";

type Options = ExecutorOptions & { text?: string[]; out?: string; terminal: boolean; json?: boolean };

/** Curves, scores on tagged sentences, and the sentences with their tags in colour. */
export const inspectTags: Ability = {
  verb: inspect,
  options: (command) => withConllOptions(withTerminal(command)),
  run: showTags,
};

async function showTags(folder: string, options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const { text = [], terminal, out: file = join(folder, "report.html") } = options;
  await untilInterrupted(async (signal) => {
    const sentences = text.length > 0 ? await taggedLike(folder, text, command) : [];
    const model = await modelFrom<SequenceTagger>(folder, options);
    const texts = sentences.length > 0 ? await taggedTexts(model, sentences, signal) : [];
    if (terminal) {
      if (texts.length === 0) throw new OptionError("inspect: --terminal of a tagger needs --text.");
      const look = { tags: tagsIn(texts), width: process.stdout.columns ?? 100, depth: colourDepth() };
      print.note("[words:tag] found by the model, ? where it is wrong; -> [words:tag] what it should have found");
      for (const one of texts) {
        print.object(one);
        print.line(new Painted(taggedTerminal(one, look)));
      }
      return;
    }
    const scores = sentences.length > 0 ? await model.evaluate(sentences, { signal }) : null;
    await writeTagReport({ model, folder, history: await historyIn(folder), scores, texts, file });
    print.object({ report: file });
    print.line(`The report is in ${file}: open it in a browser.`);
  });
}
