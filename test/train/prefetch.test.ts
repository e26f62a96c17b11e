import { expect, test } from "vitest";
import { grouped, prefetch } from "../../lib/train/prefetch.js";

async function* counting(log: string[], end: number): AsyncGenerator<number> {
  try {
    for (let i = 0; i < end; i++) {
      log.push(`make ${i}`);
      yield i;
    }
  } finally {
    log.push("closed");
  }
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 5));

test("the next item is made while the current one is used, and only one ahead", async () => {
  const log: string[] = [];
  for await (const item of prefetch(counting(log, 3))) {
    log.push(`use ${item}`);
    await aMoment();
    log.push(`used ${item}`);
  }
  expect(log).toEqual([
    "make 0",
    "use 0",
    "make 1",
    "used 0",
    "use 1",
    "make 2",
    "used 1",
    "use 2",
    "closed",
    "used 2",
  ]);
});

test("leaving the loop closes the source", async () => {
  const log: string[] = [];
  for await (const _ of prefetch(counting(log, 10))) break;
  expect(log.at(-1)).toBe("closed");
});

test("an error comes when its item is due", async () => {
  async function* failing() {
    yield 1;
    throw new Error("no more");
  }
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of prefetch(failing())) {
      items.push(item);
      await aMoment();
    }
  })();
  await expect(reading).rejects.toThrow("no more");
  expect(items).toEqual([1]);
});

test("items come in groups of the size that is asked for, in their order, with what is left at the end", async () => {
  const groups = async (length: number, size: number) => {
    const all: number[][] = [];
    for await (const group of grouped(counting([], length), size)) all.push(group);
    return all;
  };
  expect(await groups(5, 2)).toEqual([[0, 1], [2, 3], [4]]);
  expect(await groups(4, 2)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(await groups(2, 1)).toEqual([[0], [1]]);
  expect(await groups(0, 3)).toEqual([]);
});
