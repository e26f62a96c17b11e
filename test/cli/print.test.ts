import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { colourDepth, count, countOf, duration, firstOf, oneLine, printer, shortened } from "../../lib/cli/print.js";
import { writeResult } from "../../lib/cli/standardOutput.js";

test("seconds, numbers and texts are written as a person reads them", () => {
  expect([-1, 0, 59.4, 59.6, 61, 3599, 3600, 7261, 361_140].map(duration)).toEqual([
    ...["0 s", "0 s", "59 s", "1 min 0 s", "1 min 1 s", "59 min 59 s", "1 h 0 min", "2 h 1 min", "100 h 19 min"],
  ]);
  expect([count(929_589.4), countOf(1, "pair"), countOf(0, "pair"), countOf(1000, "token")]).toEqual([
    ...["929,589", "1 pair", "0 pairs", "1,000 tokens"],
  ]);
  expect(oneLine("a\nb\n")).toBe("a b ");
  expect([["a"], ["a", "b\t"], ["a", "b", "c"]].map((names) => firstOf(names, 2))).toEqual(["a", "a b ", "a b ..."]);
  expect(shortened("é".repeat(100))).toBe("é".repeat(100));
  expect(shortened(`${"👍".repeat(99)}\nb`)).toBe(`${"👍".repeat(99)}…`);
});

/** The output on stderr while work is done, with a terminal there or without. */
async function written(isTTY: boolean, work: () => Promise<void> | void): Promise<string> {
  let text = "";
  const write = vi.spyOn(process.stderr, "write").mockImplementation((piece) => {
    text += piece;
    return true;
  });
  const before = process.stderr.isTTY;
  process.stderr.isTTY = isTTY;
  onTestFinished(() => {
    process.stderr.isTTY = before;
    write.mockRestore();
  });
  await work();
  return text;
}

test("on a terminal the bar shows the share and the newest text, and goes when it stops", async () => {
  const text = await written(true, async () => {
    const line = printer({}).progress();
    line.update(0.25, "loss 3.5");
    // The bar is drawn eight times a second.
    await setTimeout(200);
    line.update(0.5, "loss 2.5");
    await setTimeout(200);
    line.stop();
  });
  expect(text).toMatch(/25 % {2}loss 3\.5.*50 % {2}loss 2\.5/s);
});

test("elsewhere progress is a plain line every ten seconds", async () => {
  const clock = vi.spyOn(performance, "now");
  onTestFinished(() => clock.mockRestore());
  const text = await written(false, () => {
    const line = printer({}).progress();
    for (const [seconds, share] of [0, 9, 10.5, 20, 20.6].map((seconds) => [seconds, seconds / 100] as const)) {
      clock.mockReturnValue(1000 * seconds);
      line.update(share, `after ${seconds} s`);
    }
    line.stop();
  });
  expect(text).toBe("  0.0 %  after 0 s\n 10.5 %  after 10.5 s\n 20.6 %  after 20.6 s\n");
});

test("with --json and --quiet there are no notes and no progress", async () => {
  for (const options of [{ json: true }, { quiet: true }]) {
    const text = await written(true, () => {
      const print = printer(options);
      print.note("a note");
      print.progress().update(0.5, "half");
    });
    expect(text).toBe("");
  }
});

test("pictures have the colours that standard output has, in two sorts, and none where nobody wants them", () => {
  const before = { ...process.env };
  const depth = (hasColors: (() => boolean) | undefined, bits = 0) => {
    Object.assign(process.stdout, { hasColors, getColorDepth: () => bits });
    return colourDepth();
  };
  onTestFinished(() => {
    process.env = before;
    for (const name of ["hasColors", "getColorDepth"] as const) Reflect.deleteProperty(process.stdout, name);
  });
  delete process.env.NO_COLOR;
  expect([undefined, () => false].map((hasColors) => depth(hasColors, 24))).toEqual([0, 0]);
  expect([4, 8, 24].map((bits) => depth(() => true, bits))).toEqual([8, 8, 24]);
  process.env.NO_COLOR = "1";
  expect(depth(() => true, 24)).toBe(0);
});

test("a file that is written to a terminal has its invisible characters shown, and one in a pipe is as it is", async () => {
  const { isTTY } = process.stdout;
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((piece, ...more) => {
    texts.push(String(piece));
    // A pipe says when it can take more.
    for (const called of more) if (typeof called === "function") called();
    return true;
  });
  onTestFinished(() => {
    process.stdout.isTTY = isTTY;
    write.mockRestore();
  });
  for (const terminal of [true, false]) {
    process.stdout.isTTY = terminal;
    await writeResult([Buffer.from("a\u001b[2J"), "b\n"]);
    expect(texts.splice(0).join("")).toBe(terminal ? "a\\u{001B}[2Jb\n" : "a\u001b[2Jb\n");
  }
});
