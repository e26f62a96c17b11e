import { createHash } from "node:crypto";
import { mutateJson, stringify } from "./json.mjs";
import { Random } from "./random.mjs";
import { mutateTensors, putTogether, takeApart } from "./tensors.mjs";

/**
 * The mutant of a number: one seed with a few files changed, as files become in transit or as somebody makes them who wants
 * something. Equal seed and number give equal bytes.
 * @param seeds name -> { files: name -> bytes }.
 */
export function mutantOf(seeds, { seed, number }) {
  const random = new Random(seed, number);
  const name = random.pick([...seeds.keys()]);
  const { files } = seeds.get(name);
  const mutant = { seed: name, files: { ...files }, changed: new Set() };
  const times = 1 + random.below(4);
  // Most of what matters lies after the digests: usually they are made right again.
  const sign = random.chance(85);
  for (let i = 0; i < times; i++) mutateFile(random, mutant);
  if (sign) signModel(mutant.files);
  return { ...mutant, changed: [...mutant.changed] };
}

function mutateFile(random, { files, changed }) {
  const name = random.pick(Object.keys(files));
  const bytes = files[name];
  changed.add(name);
  if (random.chance(12)) files[name] = mutateBytes(random, bytes);
  else if (name.endsWith(".safetensors")) files[name] = mutateTensorFile(random, bytes, name);
  else if (/\.(txt|tsv|csv|arpa|conllu?)$/.test(name)) files[name] = mutateText(random, bytes);
  else files[name] = mutateJsonFile(random, bytes);
}

function mutateJsonFile(random, bytes) {
  const document = parsed(bytes);
  return document === undefined ? mutateBytes(random, bytes) : Buffer.from(stringify(mutateJson(random, document)));
}

function mutateTensorFile(random, bytes, name) {
  const content = taken(bytes);
  if (content === null) return mutateBytes(random, bytes);
  const state = content.header.__metadata__?.state;
  // The state of a training is JSON inside of JSON.
  if (name === "trainer.safetensors" && typeof state === "string" && random.chance(50)) {
    const document = parsed(state);
    const changed = document === undefined ? state.slice(1) : stringify(mutateJson(random, document));
    const metadata = { ...content.header.__metadata__, state: changed };
    return putTogether(
      { ...content, header: { ...content.header, __metadata__: metadata } },
      { sign: random.chance(95) },
    );
  }
  return putTogether(mutateTensors(random, content), { sign: random.chance(95) });
}

/** Words that stand where a reader expects a number or a name. */
const oddWords = [
  ...["0", "-1", "1e400", "-1e-400", "NaN", "Infinity", "0x10", "9007199254740993", "99999999999999999999", "1.5"],
  ...["", " ", "\t", "\n\n", '"', "<s>", "</s>", "<unk>", "\\end\\", "\\3-grams:", "\0", "\u202e", "a".repeat(9000)],
];

/** A text of which a word, or a line, is another. */
function mutateText(random, bytes) {
  const text = bytes.toString("latin1");
  const parts = text.split(random.chance(70) ? /([ \t,\n]+)/ : /(\n)/);
  const at = random.below(parts.length);
  if (random.chance(60)) parts[at] = Buffer.from(random.pick(oddWords)).toString("latin1");
  else if (random.chance(50)) parts.splice(at, 1);
  else parts.splice(at, 0, parts[random.below(parts.length)]);
  return Buffer.from(parts.join(""), "latin1");
}

/** Bytes that are changed, doubled, lost, or of another place. */
function mutateBytes(random, bytes) {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(64));
  const part = bytes.subarray(at, end);
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.from(bytes.subarray(0, at));
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    default: {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] ^= 1 << random.below(8);
      return changed;
    }
  }
}

/** Makes model.safetensors say again which configuration and vocabulary it belongs to. */
function signModel(files) {
  const content = files["model.safetensors"] && taken(files["model.safetensors"]);
  const metadata = content?.header.__metadata__;
  if (typeof metadata !== "object" || metadata === null) return;
  const digest = (name) => {
    const document = files[name] && parsed(files[name]);
    return document === undefined ? undefined : createHash("sha256").update(JSON.stringify(document)).digest("hex");
  };
  let [config, tokenizer] = [undefined, undefined];
  try {
    [config, tokenizer] = [digest("config.json"), digest("vocabulary.json") ?? digest("tokenizer.json")];
  } catch {
    // Too deep to be written again.
  }
  const changed = { ...metadata, ...(config && { config }), ...(tokenizer && { tokenizer }) };
  const header = { ...content.header, __metadata__: changed };
  files["model.safetensors"] = putTogether({ ...content, header }, { sign: true });
}

/** The document; undefined for what is none, or too deep to walk through. */
function parsed(bytes) {
  try {
    const document = JSON.parse(bytes.toString("utf8"));
    stringify(document);
    return document;
  } catch {
    return undefined;
  }
}

function taken(bytes) {
  try {
    const content = takeApart(bytes);
    stringify(content.header);
    return typeof content.header === "object" && !Array.isArray(content.header) && content.header ? content : null;
  } catch {
    return null;
  }
}
