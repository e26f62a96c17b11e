import { createHash } from "node:crypto";
import { mutateJson, stringify } from "./json.mjs";

const noDigest = "0".repeat(64);

/** The header of a safetensors file as JSON, and its data. */
export function takeApart(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.toString("utf8", 8, 8 + length)), data: Buffer.from(bytes.subarray(8 + length)) };
}

/** A safetensors file. `sign` computes its digest, as whoever wants to be believed would. */
export function putTogether({ header, data }, { sign }) {
  const own = header?.__metadata__;
  if (sign && typeof own?.sha256 === "string") header = { ...header, __metadata__: { ...own, sha256: noDigest } };
  const json = Buffer.from(stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bytes = Buffer.concat([length, json, data]);
  const place = sign ? bytes.indexOf(`"sha256":"${noDigest}"`) : -1;
  if (place >= 0) bytes.write(createHash("sha256").update(bytes).digest("hex"), place + 10);
  return bytes;
}

/** A header or data with one change. */
export function mutateTensors(random, content) {
  const names = Object.keys(content.header).filter((name) => name !== "__metadata__");
  if (names.length === 0 || random.chance(35)) return { ...content, header: mutateJson(random, content.header) };
  const name = random.pick(names);
  const entry = content.header[name];
  const offsets = placeOf(entry, content.data);
  switch (random.below(7)) {
    case 0:
      return withoutTensor(content, name);
    case 1:
      return renamed(content, name, random.chance(50) ? `${name}2` : random.pick(names));
    case 2:
      return withValues(
        content,
        offsets,
        random.pick([Number.NaN, Infinity, -Infinity, 3.4e38, 1e-45, -0, 1e30]),
        random,
      );
    case 3:
      return retyped(
        content,
        name,
        random.pick(["F64", "BF16", "F16", "I8", "U8", "I32", "BOOL", "F8_E4M3", "F4", "U64"]),
      );
    case 4:
      return reshaped(content, name, random);
    case 5:
      return added(content, random.pick(["more", `${name}.scale`, "__proto__", "state/train/9/h_l0", "constructor"]));
    default:
      return { ...content, data: content.data.subarray(0, random.below(content.data.length + 1)) };
  }
}

/** Where the data of a tensor lies; nowhere if earlier changes made nonsense of that. */
function placeOf(entry, { length }) {
  const [start, end] = Array.isArray(entry?.data_offsets) ? entry.data_offsets : [];
  const sound = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end >= start && end <= length;
  return sound ? [start, end] : [0, 0];
}

/** Takes a tensor and its data out, and moves the others up. */
function withoutTensor({ header, data }, name) {
  const [start, end] = placeOf(header[name], data);
  const kept = Object.entries(header).filter(([other]) => other !== name);
  const moved = kept.map(([other, entry]) => [
    other,
    other === "__metadata__" ? entry : after(entry, start, start - end),
  ]);
  return { header: Object.fromEntries(moved), data: Buffer.concat([data.subarray(0, start), data.subarray(end)]) };
}

function after(entry, place, by) {
  if (!Array.isArray(entry?.data_offsets) || entry.data_offsets[0] < place) return entry;
  return { ...entry, data_offsets: entry.data_offsets.map((offset) => offset + by) };
}

function renamed({ header, data }, name, next) {
  return {
    header: Object.fromEntries(Object.entries(header).map(([other, e]) => [other === name ? next : other, e])),
    data,
  };
}

function withValues({ header, data }, [start], value, random) {
  const changed = Buffer.from(data);
  const at = start + 4 * random.below(3);
  if (at + 4 <= changed.length) changed.writeFloatLE(value, at);
  return { header, data: changed };
}

const bytesOf = { F64: 8, U64: 8, F32: 4, I32: 4, BF16: 2, F16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F4: 0.5 };

/** Another type with data of the right length: the last tensor can grow or shrink without moving others. */
function retyped({ header, data }, name, dtype) {
  const entry = Object(header[name]);
  const rest = withoutTensor({ header, data }, name);
  const count = Array.isArray(entry.shape) ? entry.shape.reduce((product, size) => product * Number(size), 1) : 0;
  const length = Math.max(0, Math.min(1 << 20, Math.ceil(count * bytesOf[dtype]))) || 0;
  const start = rest.data.length;
  const moved = { ...entry, dtype, data_offsets: [start, start + length] };
  return { header: { ...rest.header, [name]: moved }, data: Buffer.concat([rest.data, Buffer.alloc(length, 0x3c)]) };
}

function reshaped({ header, data }, name, random) {
  const shape = Array.isArray(header[name]?.shape) ? header[name].shape : [];
  const next = random.pick([shape.toReversed(), [...shape, 1], [1, ...shape], [shape.length], []]);
  return { header: { ...header, [name]: { ...header[name], shape: next } }, data };
}

function added({ header, data }, name) {
  const entry = { dtype: "F32", shape: [2], data_offsets: [data.length, data.length + 8] };
  const entries = [...Object.entries(header).filter(([other]) => other !== name), [name, entry]];
  return { header: Object.fromEntries(entries), data: Buffer.concat([data, Buffer.alloc(8)]) };
}
