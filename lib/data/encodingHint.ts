/** First bytes of files that hold text in another form, what they are called, and the command that gets at the text. */
const containers: readonly [bytes: readonly number[], what: string, remedy: (file: string) => string][] = [
  [[0x1f, 0x8b], "a gzip file", (file) => `Unpack it: gzip -dc ${file} > new.txt`],
  [[0x42, 0x5a, 0x68], "a bzip2 file", (file) => `Unpack it: bzip2 -dc ${file} > new.txt`],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "an xz file", (file) => `Unpack it: xz -dc ${file} > new.txt`],
  [[0x28, 0xb5, 0x2f, 0xfd], "a zstd file", (file) => `Unpack it: zstd -dc ${file} > new.txt`],
  [
    [0x50, 0x4b, 0x03, 0x04],
    "a zip archive, as workbooks and documents of an office program are",
    () => "Unpack it, or save it from that program as plain text or CSV in UTF-8.",
  ],
  [[0x50, 0x41, 0x52, 0x31], "a Parquet file", () => "Export its columns as CSV or JSON lines."],
  [[0x25, 0x50, 0x44, 0x46], "a PDF", (file) => `Extract its text: pdftotext ${file} new.txt`],
];

/** Bytes that are looked at. */
const windowBytes = 4096;

/**
 * Says what bytes that are not UTF-8 look like, and how to make UTF-8 of them.
 * @param start the first bytes of the text. @param passage the bytes from the line of the first wrong byte on.
 * @param file for the command that converts it; undefined for a stream, where the command is a filter.
 */
export function encodingHint(start: Uint8Array, passage: Uint8Array, file: string | undefined): string {
  const name = file === undefined ? "" : /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
  // A table stays one by its name.
  const kind = /\.(csv|tsv|jsonl|ndjson)$/i.exec(file ?? "")?.[0] ?? ".txt";
  const convert = (encoding: string) =>
    `iconv -f ${encoding} -t UTF-8${file === undefined ? "" : ` ${name} > new${kind}`}`;
  const container = containers.find(([bytes]) => bytes.every((byte, i) => start[i] === byte));
  if (container) {
    const [, what, remedy] = container;
    return `It looks like ${what}. ${remedy(name === "" ? "FILE" : name)}`;
  }
  const bytes = passage.subarray(0, windowBytes);
  const utf16 = utf16Order(start);
  if (utf16 !== null) return `Convert it: ${convert(`UTF-16${utf16}`)}`;
  if (start.subarray(0, windowBytes).includes(0) || bytes.includes(0)) {
    return "It looks like no text but a binary file, as programs and pictures are: is it the right one?";
  }
  if (isKorean(bytes)) return `It looks like Korean text in CP949. Convert it: ${convert("CP949")}`;
  if (isWestern(bytes))
    return `It looks like Latin-1 or its extension by Windows. Convert it: ${convert("WINDOWS-1252")}`;
  return `Convert it from the encoding that it has: ${convert("ENCODING")}`;
}

/**
 * The byte order of text in UTF-16: "" where a mark at the start says it, "LE" or "BE" where zeros stand only in every second
 * byte (as ASCII letters, spaces and line ends have them); null for anything else. Where all other bytes are ASCII, nearly every
 * second byte must be a zero: a text in UTF-8 may hold some.
 */
export function utf16Order(start: Uint8Array): "" | "LE" | "BE" | null {
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) return "";
  const zeros = [0, 0];
  const length = Math.min(start.length, windowBytes) & ~1;
  for (let i = 0; i < length; i++) if (start[i] === 0) (zeros[i & 1] as number) += 1;
  const [even, odd] = zeros as [number, number];
  const ascii = start.subarray(0, length).every((byte) => byte < 0x80);
  const enough = Math.max(4, ascii ? 0.4 * length : length / 20);
  if (odd >= enough && even * 20 <= odd) return "LE";
  if (even >= enough && odd * 20 <= even) return "BE";
  return null;
}

/** Whether CP949 makes text of the bytes, and Hangul of nearly all that is not ASCII. */
function isKorean(bytes: Uint8Array): boolean {
  // The last character may be cut in two.
  const text = decodeKorean(bytes) ?? decodeKorean(bytes.subarray(0, -1)) ?? "";
  const letters = text.match(/(?!\p{ASCII})\p{L}/gu)?.length ?? 0;
  const hangul = text.match(/\p{Script=Hangul}/gu)?.length ?? 0;
  return letters > 0 && hangul >= 0.85 * letters;
}

function decodeKorean(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("euc-kr", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether bytes above ASCII stand alone or in twos ("Größe"), between ASCII letters, as in the languages of Western Europe. */
function isWestern(bytes: Uint8Array): boolean {
  let [few, all, run] = [0, 0, 0];
  for (const byte of [...bytes, 0]) {
    if (byte >= 0xa0) {
      run++;
      continue;
    }
    all += run;
    if (run <= 2) few += run;
    run = 0;
  }
  return all > 0 && few >= 0.8 * all;
}
