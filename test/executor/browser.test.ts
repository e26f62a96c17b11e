import { expect, test } from "vitest";
import { chromium, inChromium, pageMissing } from "../browser/page.js";

/** The page of examples/browser, with its figures sent home. */
const script = `
    const { characterModel } = await import("/examples/browser/characters.mjs");
    const wasm = await (await fetch("/prebuilds/ostinato.wasm")).arrayBuffer();
    const text = "the quick brown fox jumps over the lazy dog and packs my box with five dozen liquor jugs\\n".repeat(20);
    const { losses, charactersPerSecond, write } = await characterModel(wasm, text, { steps: 60 });
    await tell({ losses, charactersPerSecond, written: await write("the quick ", 20) });`;

test.skipIf(pageMissing)(
  `a page in Chromium trains a character LSTM and writes with it (${pageMissing ?? chromium})`,
  async () => {
    const imports = { "ostinato/wasm": "/dist/packed/wasm.js" };
    const { losses, written, charactersPerSecond, error } = await inChromium({ script, imports });
    expect(error).toBeUndefined();
    const [first, last] = [(losses as number[])[0] as number, (losses as number[]).at(-1) as number];
    expect((losses as number[]).length).toBe(60);
    expect(last).toBeLessThan(first / 2);
    expect(written).toMatch(/^the quick brown fox /);
    process.stdout.write(`Chromium: ${Math.round(charactersPerSecond as number)} characters/s\n`);
  },
);
