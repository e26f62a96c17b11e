// Every refusal of a command, as somebody has read it: what is wrong, and what to do. A change of a message changes the list: read it again
// (npx vitest run test/cli/refusals.test.ts --update), and commit it if it is right.
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { session } from "./session.js";

const { file, folder, transcript } = session("refusals");

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
file(
  "text.txt",
  lines(30, (i) => `${["abba", "baba", "a bab"][i % 3]} ab.`),
);
file("tiny.txt", "ab\n");
file(
  "few.txt",
  lines(60, () => "a b a"),
);
file("empty.txt", "");
file(
  "pairs.tsv",
  lines(20, () => "aba\tA B"),
);
file("labels.csv", `label,text\n${lines(20, (i) => (i % 3 ? "land,the tree" : "sea,a whale"))}`);
file("other.csv", "label,text\nair,the tree\n");
file("tags.conll", "the DET\nwhale NOUN\n\n".repeat(12));
file("frames.csv", `walk,step,place\n${lines(40, (i) => `${i >> 2},${i % 3},${i % 2 ? "left" : "right"}`)}`);
file(
  "months.csv",
  `month,sold\n${lines(48, (t) => `${2000 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, "0")},${t % 7}`)}`,
);
file("later.csv", "month,sold\n2004-03,1\n2004-04,2\n2004-05,3\n");
file("analogies.txt", "a b a b\n");
file("one.txt", "a\nb\n");
file("grouped.txt", "a\tx\nb\na b\n");
file("weights.safetensors", "");

const small = "--hidden-size 4 --maximum-steps 1 --executor reference --quiet";
const windows = "--batch-size 2 --window-length 8";
const plain = "--executor reference";

const prepared = [
  `train lm text.txt --out lm --layers 1 ${windows} ${small}`,
  `train transformer text.txt --out heads --heads 1 --layers 1 --context-length 8 ${windows} ${small}`,
  `train nplm text.txt --out nplm --order 3 ${windows} ${small}`,
  `train lm text.txt --out gateless --cell rnn --layers 1 ${windows} ${small}`,
  `train transliterate pairs.tsv --out pairs ${small}`,
  `train classify labels.csv --text-column text --label-column label --out labels ${small}`,
  `train tag tags.conll --out tags --embedding-size 4 --character-size 2 --character-embedding-size 2 ${small}`,
  `train frames frames.csv --sequence-column walk --label-column place --out frames ${small}`,
  `train forecast months.csv --horizon 3 --season 4 --out series ${small}`,
  `train ngram text.txt --order 2 --out counts --quiet ${plain}`,
  `arpa counts counts.arpa ${plain}`,
  `quantize lm rounded ${plain}`,
];

const refused: Record<string, readonly string[]> = {
  trainings: [
    "train",
    "train words text.txt",
    "train lm",
    "train lm missing.txt",
    "train lm empty.txt --out a",
    "train lm tiny.txt --out a",
    "train lm text.txt --out lm",
    "train lm text.txt --out a --resume",
    "train lm --resume",
    "train --resume missing",
    "train --resume counts",
    "train --resume rounded",
    "train --resume lm classify labels.csv",
    "train classify labels.csv --out lm --resume",
    "train lm text.txt --out lm --resume --hidden-size 5",
    "train lm text.txt --out lm --resume --tokenizer word",
    "train lm text.txt --out a --prompt ab",
    "train lm text.txt --out a --patience 2 --validation 0",
    "train lm text.txt --out a --momentum 0.9",
    "train lm text.txt --out a --decay-every 3",
    "train lm text.txt --out a --hidden-size 0",
    "train lm text.txt --out a --hidden-siz 4",
    "train lm text.txt --out a --cell lsm",
    "train lm text.txt --out a --sentences --window-length 8",
    "train lm text.txt --out a --matmul-precision medium --executor reference",
    "train classify labels.csv --out a",
    "train classify labels.csv --out a --text-column txt --label-column label",
    "train classify labels.csv --text-column text --label-column label --folds 2 --out a",
    "train classify labels.csv --text-column text --label-column label --folds 2 --validation other.csv",
    "train transliterate pairs.tsv tiny.txt --out a",
    "train transliterate text.txt --out a",
    "train autoencoder text.txt tiny.txt --out a",
    "train forecast months.csv --out a",
    "train forecast months.csv --out a --horizon 3 --test-steps 2",
    "train forecast months.csv --out a --horizon 3 --validation-steps 1",
    "train forecast months.csv --out a --horizon 3 --test-steps 47",
    "train ngram text.txt --out counts",
    "train ngram counts.arpa --arpa --order 3 --out a",
    "train ngram counts.arpa --arpa --tokenizer word --out a",
    "train ngram counts.arpa text.txt --arpa --out a",
    "train ngram text.txt --vocabulary 3 --tokenizer character --out a",
    "train mixture text.txt --out a",
    "train mixture text.txt --models lm --out a",
    "train mixture text.txt --models counts lm --out a",
    "train caption labels.csv --out a",
    "train tag labels.csv --out a",
    "train frames frames.csv --out a",
    "train vectors tiny.txt --out a",
    "train --resume forgetful",
    "train lm --resume --out forgetful",
    "train --resume strange",
    "train lm text.txt --out a --seed 99999999999999999999",
    "train lm text.txt --out a --tokenizer xyz",
    "train lm text.txt --out a --empty skip",
    "train autoencoder",
    "train translate pairs.tsv --out a --tokenizer character --vocabulary 5",
    "train translate pairs.tsv --out a --shared-embedding --source-tokenizer character --target-tokenizer word",
    "train classify labels.csv --out a --and-column text",
    "train mixture text.txt --models counts pairs --out a",
  ],
  verbs: [
    "evaluate missing text.txt",
    "evaluate lm missing.txt",
    "evaluate lm text.txt --beams 3",
    "evaluate labels other.csv",
    "evaluate pairs text.txt",
    "evaluate frames months.csv",
    "generate lm --temperature 1 --beams 2",
    "generate lm --next 2 --seed 1",
    "generate lm --next 2 --stop a",
    "generate lm --length-penalty 1",
    "generate lm --beams 2 --stop a",
    "generate lm --prompt z",
    "generate lm --temperature -1",
    "generate counts --table --seed 1",
    "translate lm a",
    "translate pairs zzz",
    "classify labels ''",
    "tag tags 'the whale' --n-best 2 --form conll",
    "tag frames",
    "tag frames frames.csv --threshold 0.3",
    "classify lm a",
    "forecast series",
    "forecast series months.csv --only lost",
    "backtest series months.csv --last-steps 1",
    "backtest series months.csv --after months.csv",
    "backtest series months.csv --after later.csv",
    "quantize lm lm",
    "quantize lm a --evaluate missing.txt",
    "quantize rounded b --weights bfloat16",
    "quantize lm c --weights int4",
    "probe lm months.csv",
    "export counts a",
    "arpa lm a.arpa",
    "map pairs one.txt",
    "map pairs grouped.txt",
    "trace pairs",
    "profile counts",
    "profile pairs missing.tsv",
    "neighbours lm a",
  ],
  looks: [
    "inspect lm --text empty.txt",
    "inspect lm --text text.txt tiny.txt",
    "inspect lm --text text.txt --unit 1",
    "inspect lm --text text.txt --terminal --unit 9",
    "inspect lm --text text.txt --terminal --layer none",
    "inspect lm --text text.txt --terminal --feature quotes",
    "inspect lm --text text.txt --feature colour",
    "inspect gateless --text text.txt --gates",
    "inspect heads --text text.txt tiny.txt",
    "inspect nplm --text text.txt",
    "inspect nplm --words zebra --terminal",
    "inspect counts --out a.html",
    "inspect tags --terminal",
    "inspect series --terminal",
  ],
  others: [
    "",
    "trian",
    "score text.txt",
    "score text.txt pairs.tsv --references text.txt",
    "score tiny.txt pairs.tsv",
    "score tiny.txt --references text.txt",
    "curves missing",
    "curves text.txt",
    "curves counts",
    "curves lm --measure accuracy",
    "curves lm --measure los",
    "import missing.txt",
    "import weights.safetensors",
    "import tiny.txt --out a --prefix a",
    "import weights.safetensors --like lm --out a",
    "import weights.safetensors --like lm --first 3 --out a",
    "import weights.safetensors --like lm --rename lstm --out a",
    "import tiny.txt --out lm",
    "info missing",
    "ladder",
    "ladder text.txt --only lsmt",
    "ladder text.txt --only zzz",
    "ladder text.txt --only both",
    "ladder tiny.txt",
    "ladder few.txt --validation 0.01 --test 0.2",
    "ladder few.txt --validation 0.2 --test 0.01",
    "ladder few.txt --validation few.txt --test tiny.txt",
    "ladder text.txt --tokenizer byte --vocabulary 3",
    "demo --maximum-steps 0",
  ],
};

test("what is refused is refused with the words that somebody has read", async () => {
  const before = await transcript(...prepared);
  expect(before).not.toMatch(/^!/m);
  for (const copy of ["forgetful", "strange"]) cpSync(join(folder, "lm"), join(folder, copy), { recursive: true });
  rmSync(join(folder, "forgetful/training.json"));
  const record = readFileSync(join(folder, "strange/training.json"), "utf8");
  file("strange/training.json", record.replace('"command": "lm"', '"command": "dance"'));
  for (const [name, commands] of Object.entries(refused)) {
    const said = await transcript(...commands);
    expect.soft(said.split(/^\$ /m).filter((part) => part !== "" && !/^! /m.test(part))).toEqual([]);
    await expect.soft(said).toMatchFileSnapshot(`refusals/${name}.txt`);
  }
});
