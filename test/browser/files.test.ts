import * as nodeBuffer from "node:buffer";
import * as nodeFiles from "node:fs";
import * as node from "node:fs/promises";
import { expect, test } from "vitest";
import { MemoryFile } from "../../lib/browser/memoryFile.js";
import * as memoryBuffer from "../../lib/browser/node/buffer.js";
import * as memoryFiles from "../../lib/browser/node/files.js";
import * as memory from "../../lib/browser/node/filesPromises.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const text = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString("latin1");
/** The code of an error: node:fs has one of its own for `rm` of a folder. */
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code: string }) => error.code.replace("ERR_FS_", ""),
  );

/** Calls whose answers are compared, in a folder that is empty. */
async function answersOf(files: typeof node, now: typeof nodeFiles, folder: string): Promise<unknown> {
  const at = (name: string) => `${folder}/${name}`;
  const answers: Record<string, unknown> = {};

  const file = await files.open(at("a"), "wx+");
  const written = [
    await file.write(Buffer.from("xabcx"), 1, 3),
    await file.write(Buffer.from("-def"), 1),
    await file.write(Buffer.from("later"), 0, 5, 8),
    await file.write(Buffer.from("ghi")),
  ];
  answers.written = written.map(({ bytesWritten }) => bytesWritten);
  const buffer = Buffer.alloc(6, "_");
  const parts = [];
  const reader = await files.open(at("a"));
  for (const args of [[buffer, 1, 3], [buffer], [buffer, 2, 4, 9], [buffer, 4], [buffer]] as const) {
    const { bytesRead } = await (reader.read as (...values: readonly unknown[]) => Promise<{ bytesRead: number }>)(
      ...args,
    );
    parts.push([bytesRead, text(buffer)]);
  }
  answers.read = parts;
  answers.size = (await reader.stat()).size;
  const whole = await files.open(at("a"), "r");
  answers.whole = text(await whole.readFile());
  await whole.close();
  await file.close();
  answers.closed = [await codeOf(file.read(buffer, 0, 1, 0)), await codeOf(file.write(buffer))];
  await reader.close();

  const large = await files.open(at("large"), "wx");
  await large.write(Buffer.alloc(150_000, "z"));
  await large.close();
  const stream = (await files.open(at("large"), "r")).createReadStream();
  const lengths = [];
  for await (const part of stream) lengths.push((part as Uint8Array).length);
  answers.streamed = lengths;

  answers.folders = [
    await codeOf(files.mkdir(at("f"))),
    await codeOf(files.mkdir(at("f"))),
    await codeOf(files.mkdir("/")),
    await codeOf(files.mkdir(at("a/f"))),
    await codeOf(files.mkdir(at("none/f"))),
    await codeOf(files.readFile(at("f"))),
    await codeOf(files.open(at("f"), "r").then((handle) => handle.readFile().finally(() => handle.close()))),
    await codeOf(files.open(at("a"), "wx")),
    await codeOf(files.open(at("none"), "r")),
    await codeOf(files.rename(at("a"), at("f"))),
    await codeOf(files.rename(at("a"), at("f/b"))),
    await codeOf(files.rename(at("a"), at("f/c"))),
    await codeOf(files.rmdir(at("f"))),
    await codeOf(files.rm(at("f"))),
    await codeOf(files.rm(at("none"))),
    await codeOf(files.rm(at("none"), { force: true })),
    await codeOf(files.readlink(at("f/b"))),
    await codeOf(files.readlink(at("none"))),
    await codeOf(files.realpath(at("none"))),
    await codeOf(files.readdir(at("f/b"))),
    await codeOf(files.stat(at("none"))),
  ];
  answers.read2 = [text(await files.readFile(at("f/b"))), await files.readFile(at("f/b"), "utf8")];
  answers.path = (await files.realpath(at("f/b"))).slice(folder.length);
  const [stat, folderStat] = [await files.lstat(at("f/b")), await files.stat(at("f"))];
  answers.kinds = [stat, folderStat].map((one) => [one.isFile(), one.isDirectory(), one.isSymbolicLink()]);
  answers.exists = [now.existsSync(at("f/b")), now.existsSync(at("none"))];
  answers.now = [text(now.readFileSync(at("f/b"))), now.readFileSync(at("f/b"), "latin1")];
  answers.nowRefused = ["f", "none"].map((name) => {
    try {
      return now.readFileSync(at(name), "utf8");
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  now.rmSync(at("f/b"));
  answers.left = [(await files.readdir(folder)).sort(), await codeOf(files.rmdir(at("f")))];
  await files.unlink(at("large"));
  await files.mkdir(at("g"));
  await (await files.open(at("g/h"), "wx")).close();
  await files.rm(at("g"), { recursive: true });
  answers.end = await files.readdir(folder);
  return answers;
}

test("files in memory answer as those of Node do", async () => {
  await memory.mkdir("/answers");
  const expected = await answersOf(node, nodeFiles, await temporaryFolder());
  expect(await answersOf(memory as never, memoryFiles as never, "/answers")).toEqual(expected);
  expect(() => memoryFiles.readlinkSync("/answers")).toThrow("EINVAL: /answers");
});

test("a file that is closed keeps no more room than it fills, where that would be megabytes", () => {
  const [large, small] = [new MemoryFile(), new MemoryFile()];
  const five = new Uint8Array(5 * 2 ** 20).fill(7);
  large.write(five, 0);
  large.write(Uint8Array.of(1), five.length);
  small.write(new Uint8Array(1000), 0);
  small.write(Uint8Array.of(1), 1000);
  const room = ({ content }: MemoryFile) => content.buffer.byteLength;
  expect([large, small].map(room)).toEqual([2 * five.length, 2000]);
  for (const file of [large, small]) file.trim();
  expect([large, small].map(room)).toEqual([five.length + 1, 2000]);
  expect([...large.content.subarray(-2)]).toEqual([7, 1]);
});

test("bytes are UTF-8 where Node says so, and become the same texts", () => {
  for (const bytes of [[], [0x61], [0xc3, 0xa9], [0xc3], [0xff, 0x61], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf]]) {
    const own = Uint8Array.from(bytes);
    expect(memoryBuffer.isUtf8(own)).toBe(nodeBuffer.isUtf8(own));
    const buffer = memoryBuffer.Buffer.from(own);
    expect(buffer.toString()).toBe(Buffer.from(own).toString());
    expect(buffer.toString("latin1")).toBe(Buffer.from(own).toString("latin1"));
    expect(buffer.toString("utf-8", 1)).toBe(Buffer.from(own).toString("utf-8", 1));
  }
});
