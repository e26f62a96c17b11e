/** Text that stands in JSON as it is: numbers that JavaScript does not have, names that are there twice, deep nesting. */
export class Raw {
  constructor(text) {
    this.text = text;
  }
}

/** JSON of a value with Raw parts. */
export function stringify(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringify).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).map(([name, part]) =>
    part instanceof Twice
      ? `${JSON.stringify(name)}:${stringify(part.first)},${JSON.stringify(name)}:${stringify(part.second)}`
      : `${JSON.stringify(name)}:${stringify(part)}`,
  );
  return `{${entries.join(",")}}`;
}

/** An entry that is there twice. */
class Twice {
  constructor(first, second) {
    this.first = first;
    this.second = second;
  }
}

const hostileTexts = [
  ...["", " ", "\n", "\0", "\u001b[2J", "\u202eabc", "\u200b", "\ud800", "\ufeff", "x".repeat(100_000)],
  ...["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", '" onload="alert(1)', "%7B%7B7*7", "%s%n"],
  ...["__proto__", "constructor", "toString", "NaN", "-1", "1e999", "../../../etc/passwd", "/dev/zero", "true", "null"],
  ...[
    "character",
    "word",
    "byte",
    "pair",
    "lstm",
    "gru",
    "rnn",
    "LanguageModel",
    "Seq2Seq",
    "TransformerSeq2Seq",
    "F64",
    "F32",
    "BF16",
    "I8",
  ],
  ...["uniform:0.1", "uniform:-1", "normal:", "none", "additive", "dot", "general", "ㄱ", "각", "é", "👩‍💻"],
];

const numbers = [
  ...[0, -0, 1, -1, 2, 3, 0.5, -0.5, 1e-320, 1e308, -1e308, 1e15, 1e6, 1e9, 65536, 255, 256],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 63],
];

const raws = [
  "1e400",
  "-1e400",
  "NaN",
  "Infinity",
  "undefined",
  "01",
  "1.",
  "'a'",
  "0x10",
  "9".repeat(400),
  "",
  "{",
  "]",
];

/** Anything that a part may be replaced by. */
function anyValue(random, whole) {
  switch (random.below(12)) {
    case 0:
      return null;
    case 1:
      return random.chance(50);
    case 2:
    case 3:
      return random.pick(numbers);
    case 4:
    case 5:
      return random.pick(hostileTexts);
    case 6:
      return [];
    case 7:
      return {};
    case 8:
      return new Raw(random.pick(raws));
    case 9:
      return nested(random);
    case 10:
      return partOf(random, whole);
    default:
      return random.chance(50)
        ? { [random.pick(hostileTexts)]: 1, constructor: { name: {} } }
        : [[1], {}, null, "x", -1];
  }
}

function nested(random) {
  const depth = random.pick([10, 63, 64, 65, 1000, 100_000]);
  if (random.chance(50)) return new Raw(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  return new Raw(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
}

/** A part of the same document, somewhere else. */
function partOf(random, value) {
  let part = value;
  while (typeof part === "object" && part !== null && random.chance(80)) {
    const parts = Object.values(part);
    if (parts.length === 0) break;
    part = random.pick(parts);
  }
  return part;
}

/** The document with one part changed. */
export function mutateJson(random, document) {
  return mutatePart(random, document, document);
}

function mutatePart(random, value, whole) {
  const isObject = typeof value === "object" && value !== null && !(value instanceof Raw) && !(value instanceof Twice);
  const names = isObject ? Object.keys(value) : [];
  if (names.length > 0 && random.chance(78)) {
    const name = random.pick(names);
    const changed = mutatePart(random, value[name], whole);
    return Array.isArray(value) ? value.with(Number(name), changed) : withEntry(value, name, changed);
  }
  if (Array.isArray(value) && random.chance(60)) return mutateList(random, value, whole);
  if (isObject && !Array.isArray(value) && random.chance(70)) return mutateObject(random, value, whole);
  if (typeof value === "number" && random.chance(50)) {
    return random.pick([value + 1, value - 1, -value, value * 2, value / 2, String(value), [value], value * 1e6]);
  }
  if (typeof value === "string" && random.chance(40)) {
    return random.pick([
      value + random.pick(hostileTexts),
      value.slice(1),
      value.repeat(2),
      value.toUpperCase(),
      [value],
    ]);
  }
  if (typeof value === "boolean" && random.chance(50)) return random.pick([!value, String(value), Number(value)]);
  return anyValue(random, whole);
}

function mutateList(random, list, whole) {
  switch (random.below(6)) {
    case 0:
      return list.slice(0, random.below(list.length + 1));
    case 1:
      return list.toSpliced(random.below(list.length + 1), 1);
    case 2:
      return list.toSpliced(random.below(list.length + 1), 0, anyValue(random, whole));
    case 3:
      return list.toReversed();
    case 4:
      return [...list, ...list];
    default: {
      const element = list.length > 0 ? random.pick(list) : 0;
      // A long list finds what grows too fast with its length; the file need not be large for that.
      const most = 1e6 / stringify(element).length;
      return new Array(Math.floor(Math.min(most, random.pick([1, 1000, 100_000])))).fill(element);
    }
  }
}

function mutateObject(random, object, whole) {
  const names = Object.keys(object);
  const name = names.length > 0 ? random.pick(names) : "name";
  switch (random.below(5)) {
    case 0:
      return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
    case 1:
      return withEntry(object, random.pick(hostileTexts), anyValue(random, whole));
    case 2:
      return Object.fromEntries(
        Object.entries(object).map(([other, part]) => [other === name ? random.pick(hostileTexts) : other, part]),
      );
    case 3:
      return withEntry(object, name, new Twice(object[name], anyValue(random, whole)));
    default:
      return Object.fromEntries(Object.entries(object).reverse());
  }
}

/** Also for the name __proto__. */
function withEntry(object, name, value) {
  return Object.fromEntries([...Object.entries(object).filter(([other]) => other !== name), [name, value]]);
}
