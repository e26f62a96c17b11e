/** A small generator (mulberry32) so that failing cases come back. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The parts that texts are made of: scripts that need care, in the forms that need it. */
const samples = [
  "the quick brown fox",
  " ",
  "\n",
  "\t",
  "\u00e9", // precomposed
  "e\u0301", // e and a combining acute
  "a\u0308\u0323", // marks in an order that normalisation changes
  "\uac01",
  "\u1100\u1161\u11a8", // the same in jamo
  "한국어 문장",
  "\u314e\u314f\u3134", // compatibility jamo, which do not compose
  "\u1100", // a first consonant alone
  "\u11a8", // a final consonant alone
  "👩‍👩‍👧‍👦🏽",
  "𝔘𝔫𝔦",
  "\u{11131}\u{11127}", // astral and composing
  "\u0958\u0959", // composition exclusions
  "\ufb01",
  "\u212b", // the Ångström sign, a singleton
  "\u304b\u3099",
  "日本語",
  "שלום",
  "\ufeff",
  "\u2028",
  "\0",
  "\r",
];

export function randomText(seed: number, pieces = 40): string {
  const random = randomNumbers(seed);
  let text = "";
  for (let i = 0; i < pieces; i++) {
    if (random(3) > 0) text += samples[random(samples.length)];
    else text += String.fromCodePoint(scalar(random));
  }
  return text;
}

/** A Unicode scalar value: no surrogate. */
function scalar(random: (below: number) => number): number {
  const code = random(random(2) ? 0x3000 : 0x110000);
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** Cuts a text into pieces of random length, surrogate pairs too. */
export function cutAnywhere(text: string, seed: number, longest = 7): string[] {
  const random = randomNumbers(seed);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random(longest);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
