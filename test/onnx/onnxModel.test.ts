import { expect, test } from "vitest";
import { encodeOnnx } from "../../lib/onnx/onnxModel.js";
import { Message } from "../../lib/onnx/protobuf.js";

const bytesOf = (message: Message) => Buffer.concat(message.parts).toString("hex");

test("messages have the bytes that the encoding of Protocol Buffers prints for them", () => {
  // "a: 150" and "b: testing", of the documentation.
  expect(bytesOf(new Message().integer(1, 150))).toBe("089601");
  expect(bytesOf(new Message().text(2, "testing"))).toBe("120774657374696e67");
  expect(bytesOf(new Message().message(3, new Message().integer(1, 150)))).toBe("1a03089601");
  expect(bytesOf(new Message().integers(6, [3, 270, 86942]))).toBe("3003308e02309ea705");
  expect(bytesOf(new Message().integer(1, 0).integer(16, 127).integer(2, 128))).toBe("080080017f108001");
  expect(bytesOf(new Message().integer(1, -2))).toBe("08feffffffffffffffff01");
  expect(bytesOf(new Message().float(2, 1))).toBe("150000803f");
  expect(bytesOf(new Message().bytes(9, Uint8Array.of(1, 2)))).toBe("4a020102");
  const whole = new Message().integer(1, 150).text(2, "각");
  expect(whole.length).toBe(Buffer.concat(whole.parts).length);
});

type Field = number | Buffer;

/** The fields of a message by their numbers, each with its values in order. */
function fieldsOf(bytes: Buffer): Record<number, Field[]> {
  const fields: Record<number, Field[]> = {};
  let at = 0;
  const varint = () => {
    let [value, shift] = [0, 1];
    for (; ; shift *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = tag % 8 === 0 ? 0 : tag % 8 === 5 ? 4 : varint();
    const value = tag % 8 === 0 ? varint() : bytes.subarray(at, at + length);
    at += length;
    fields[tag >> 3] = [...(fields[tag >> 3] ?? []), value];
  }
  return fields;
}

const inner = (fields: Record<number, Field[]>, field: number) =>
  (fields[field] ?? []).map((part) => fieldsOf(part as Buffer));
const shown = (fields: Record<number, Field[]>) =>
  Object.fromEntries(
    Object.entries(fields).map(([field, values]) => [
      field,
      values.map((value) => (typeof value === "number" ? value : value.toString())),
    ]),
  );

test("a model of ONNX has the fields whose numbers onnx.proto gives", () => {
  const port = { name: "x", type: "f32", shape: ["B", 2] } as const;
  const body = { name: "body", nodes: [], tensors: [], inputs: [], outputs: [] };
  const graph = {
    name: "g",
    nodes: [
      {
        type: "Op",
        name: "n",
        inputs: ["x", "", "w"],
        outputs: ["y", "z"],
        attributes: { i: 5, f: { float: 1 }, s: "t", is: [1, 2], ss: ["a", "b"], g: body },
      },
    ],
    tensors: [{ name: "w", type: "i64" as const, shape: [1, 1], values: BigInt64Array.of(3n) }],
    inputs: [port],
    outputs: [
      { ...port, name: "y", type: "i32" as const },
      { ...port, name: "z", type: "bool" as const },
    ],
  };
  const model = fieldsOf(Buffer.concat(encodeOnnx(graph, { key: "value", more: "" }).parts));
  const { 7: graphs, 8: opsets, 14: metadata, ...rest } = model;
  expect(shown(rest)).toEqual({ 1: [8], 2: ["ostinato"] });
  expect(inner({ 8: opsets ?? [] }, 8).map(shown)).toEqual([{ 1: [""], 2: [17] }]);
  expect(inner({ 14: metadata ?? [] }, 14).map(shown)).toEqual([
    { 1: ["key"], 2: ["value"] },
    { 1: ["more"], 2: [""] },
  ]);
  const [own] = inner({ 7: graphs ?? [] }, 7) as [Record<number, Field[]>];
  expect([Object.keys(own), shown({ 2: own[2] ?? [] })]).toEqual([["1", "2", "5", "11", "12"], { 2: ["g"] }]);
  const [node] = inner(own, 1) as [Record<number, Field[]>];
  expect(shown({ ...node, 5: [] })).toEqual({ 1: ["x", "", "w"], 2: ["y", "z"], 3: ["n"], 4: ["Op"], 5: [] });
  expect(
    inner(node, 5).map(({ 2: float, 6: body, ...attribute }) => ({
      ...shown(attribute),
      ...(float ? { 2: (float[0] as Buffer).readFloatLE() } : {}),
      ...(body ? { 6: shown(fieldsOf(body[0] as Buffer)) } : {}),
    })),
  ).toEqual([
    { 1: ["i"], 20: [2], 3: [5] },
    { 1: ["f"], 20: [1], 2: 1 },
    { 1: ["s"], 20: [3], 4: ["t"] },
    { 1: ["is"], 20: [7], 8: [1, 2] },
    { 1: ["ss"], 20: [8], 9: ["a", "b"] },
    { 1: ["g"], 20: [5], 6: { 2: ["body"] } },
  ]);
  const [tensor] = inner(own, 5) as [Record<number, Field[]>];
  expect(shown({ ...tensor, 9: [] })).toEqual({ 1: [1, 1], 2: [7], 8: ["w"], 9: [] });
  expect(tensor[9]).toEqual([Buffer.from("0300000000000000", "hex")]);
  const ports = [...inner(own, 11), ...inner(own, 12)].map((one) => {
    const [type] = inner(one, 2).flatMap((types) => inner(types, 1)) as [Record<number, Field[]>];
    const sizes = inner(type, 2)
      .flatMap((shape) => inner(shape, 1))
      .map(shown);
    return [shown({ 1: one[1] ?? [] })[1], type[1], sizes];
  });
  const sizes = [{ 2: ["B"] }, { 1: [2] }];
  expect(ports).toEqual([
    [["x"], [1], sizes],
    [["y"], [6], sizes],
    [["z"], [9], sizes],
  ]);
});
