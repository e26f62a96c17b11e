// Every command line that a person may type, with all that it prints, as somebody has read it. A change of what is printed changes these
// files: read them again (npx vitest run test/cli/transcripts.test.ts --update), and commit them if what they say is right.
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeNpy } from "../../lib/formats/npy.js";
import { encodePicture, session } from "./session.js";

const { file, folder, transcript } = session("transcripts");

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
file(
  "text.txt",
  lines(30, (i) => `${["abba", "baba", "a bab"][i % 3]} ab.`),
);
file("short.txt", "abba ab.\nbaba\n");
file("moved.txt", "abba ab.\nbaba\n");
file("lines.txt", "aba\nababa\naab\nbb\n");
file("chosen.txt", "ship\tthing\nold\tage\ngrey\tcolour\nthe\tother\n");
file("single.csv", "walk,step,noise,place\n0,0,0,left\n0,1,1,right\n0,2,1,right\n");
file("new.csv", "step,noise\n-3,0\n1,1\n2,0\n");
file(
  "words.txt",
  lines(40, (i) => `the ${["old", "grey", "new"][i % 3]} ship ${i % 2 ? "sails" : "sleeps"} "on"`),
);
file("more.txt", "the old ship sinks\nthe ship sails on\n");
file(
  "pairs.tsv",
  lines(20, (i) => `${"ab".repeat(1 + (i % 2))}a\t${i % 2 ? "A B" : "B A B"}`),
);
file(
  "labels.csv",
  `label,text\n${lines(24, (i) => (i % 3 ? `land,the ${["tree", "horse"][i % 2]} is here` : "sea,a whale"))}`,
);
file("two.csv", `kind,text\n${lines(24, (i) => (i % 2 ? "big|wet,a whale" : "big,a horse"))}`);
file(
  "tags.conll",
  lines(16, (i) => (i % 2 ? "the DET\nwhale NOUN\nsleeps VERB\n" : "Nan B-PLACE\ntucket I-PLACE\nsleeps VERB\n")),
);
file(
  "spans.conll",
  lines(12, (i) => (i % 2 ? "to O\nNan B-place\ntucket I-place\n" : "Ahab B-person\nsleeps O\n")),
);
file(
  "months.csv",
  `month,sold,lost\n${lines(48, (t) => `${2000 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, "0")},${10 + (t % 12) + (t % 5)},${5 + (t % 6) + (t % 7)}`)}`,
);
file("later.csv", `month,sold,lost\n${lines(6, (t) => `2004-${String(t + 1).padStart(2, "0")},${10 + t},${5 + t}`)}`);
file(
  "frames.csv",
  `walk,step,noise,place\n${lines(60, (i) => `${Math.floor(i / 6)},${(i % 6) - 3},${i % 2},${i % 6 < 3 ? "left" : "right"}`)}`,
);
file("chords.csv", `walk,step,notes\n${lines(48, (i) => `${Math.floor(i / 6)},${i % 3},${["c", "c|e", ""][i % 3]}`)}`);
file("similar.txt", "ship sails 5\nold grey 9\nship zebra 1\nthe new 2\n");
file("analogies.txt", ": sea\nold ship grey ship\nthe old the grey\nzebra old the grey\n");
file("few.csv", "label,text\nsea,a whale\nland,the horse is here\n");
file("few.tsv", "aba\tB A B\nab\tA B\n");
file("few.conll", "Ahab B-person\nsleeps O\n\nto O\nNan B-place\ntucket I-place\n");
file("few-chords.csv", "walk,step,notes\n0,0,c\n0,1,c|e\n");
file(
  "long.txt",
  lines(90, (i) => `the ${["old", "grey", "new"][i % 3]} ship ${i % 2 ? "sails" : "sleeps"} on`),
);
file("written.txt", "A B\nB A B\n".repeat(10));
file(
  "some.conll",
  lines(12, (i) => `abba X\n${i % 6 ? "baba Y" : "zz Y"}\n`),
);
file("gaps.csv", "kind,text\nbig|wet,a whale\n,a horse\nbig,\n");
file("blank.tsv", "aba\tB A B\n\tA\nab\tA B\n");
file("blank-captions.tsv", "red.png\ta red square\n\tnothing\nblue.png\t\n");
file(
  "runs.csv",
  `run,value\n${lines(54, (t) => `${t < 30 ? "up" : '"down, then"'},${t === 4 ? "" : (t % 6) + (t % 4)}`)}`,
);
file(
  "wide.csv",
  `${Array.from("abcdefghijklm").join(",")}\n${lines(24, (t) => Array.from("abcdefghijklm", (_, k) => (t + k) % 6).join(","))}`,
);
file("twice.txt", "the 1 0 0 1\nwhale 0 1 0 1\nthe 0 0 1 1\nsleeps 1 1 0 0\n");
file("roll.csv", "c,e,g\n1,0,0\n1,1,0\n0,1,1\n1,0,0\n");
file("zebra.txt", "ship\nold\nzebra\n");
await writeNpy(join(folder, "features.npy"), { shape: [2, 1, 2, 2], values: Float32Array.of(1, 0, 0, 1, -1, 0, 1, 1) });
file("features.names.txt", "red.png\nblue.png\n");
for (const [name, colour] of [
  ["red", 0],
  ["blue", 2],
] as const) {
  const values = new Uint8Array(4 * 4 * 3).map((_, i) => (i % 3 === colour ? 200 : 20));
  file(`${name}.png`, encodePicture({ shape: [4, 4, 3], values }, "png"));
}
file("captions.tsv", "red.png\ta red square\nblue.png\ta blue square\nred.png\tall is red\n");

const small = "--hidden-size 4 --maximum-steps 2 --executor reference";
const windows = "--batch-size 2 --window-length 8";
const tiny = `${small} --embedding-size 4 --character-size 2 --character-embedding-size 2`;
const plain = "--executor reference";

const sessions: Record<string, readonly string[]> = {
  "language models": [
    `train lm text.txt --out lm --layers 2 ${windows} --validate-every 1 ${small}`,
    "cat lm/training.json",
    `train lm text.txt --out json --layers 1 ${windows} ${small} --test short.txt --json`,
    `train lm words.txt --out lines --sentences --tokenizer word --vocabulary 8 --batch-size 8 --sample-every 2 --prompt the ${small} --test more.txt`,
    `train --resume lm --maximum-steps 3 ${plain}`,
    `train --resume lm --maximum-steps 3 ${plain}`,
    "info lm",
    "info lm --json",
    "info lines",
    `generate lm --prompt ab --seed 1 --maximum-length 6 ${plain}`,
    `generate lm --prompt ab --seed 1 --count 2 --maximum-length 6 ${plain}`,
    `generate lm --prompt ab --seed 1 --count 2 --maximum-length 6 --json ${plain}`,
    `generate lm --prompt ab --beams 2 --n-best 2 --maximum-length 4 ${plain}`,
    `generate lm --prompt ab --n-best 2 --maximum-length 4 --json ${plain}`,
    `generate lm --prompt ab --next 2 ${plain}`,
    `generate lm --prompt ab --next 2 --json ${plain}`,
    `generate lines --prompt 'the zebra' --beams 2 ${plain}`,
    `evaluate lm text.txt ${plain}`,
    `evaluate lm text.txt ${plain} --json`,
    `evaluate lines more.txt ${plain} --batch-size 2`,
    `evaluate lm text.txt ${plain} --cache-size 20 --cache-weight 0.2`,
    `quantize lm small --evaluate text.txt ${plain}`,
    `quantize lm half --weights bfloat16 --json ${plain}`,
    `probe lines spans.conll ${plain}`,
    `probe lines spans.conll --json ${plain}`,
    `export lm graphs ${plain}`,
    `export lm graphs --json ${plain}`,
    "curves lm json lines --out curves.svg",
    "curves json lm --out curves.svg --json",
    `train lm text.txt --out once --layers 1 ${windows} ${small.replace("--maximum-steps 2", "--epochs 1")} --quiet`,
    `train --resume once ${plain}`,
    `train lm text.txt --out single --layers 1 ${windows} ${small.replace("2", "1")} --validation short.txt --quiet`,
    `train --resume single ${plain}`,
    `train lm --resume --out single --validation moved.txt --maximum-steps 2 ${plain}`,
    `train lm --resume --out single --validation 0.1 --maximum-steps 3 ${plain}`,
    `train lm text.txt --out stuck --layers 1 ${windows} --hidden-size 4 --learning-rate 30 --validate-every 1 --patience 1 --epochs 1 --quiet ${plain}`,
    `train --resume stuck ${plain}`,
    `train lm few.csv --plain-text --out table --layers 1 ${windows} ${small} --quiet`,
    `evaluate table few.csv ${plain}`,
    `evaluate table few.csv --text-column text ${plain}`,
    `generate lm --next 2 ${plain}`,
    `probe lm some.conll ${plain}`,
    `inspect small --text short.txt ${plain}`,
    "cat small/report.html",
    `import lm/model.safetensors --like lm --out likewise --rename embedding.weight= --missing keep`,
  ],
  "looks into language models": [
    `train lm text.txt --out seen --layers 1 ${windows} ${small} --quiet`,
    `inspect seen --text short.txt --out report.html ${plain}`,
    "cat report.html",
    `inspect seen --text short.txt --out report.html --json ${plain}`,
    `inspect seen --text short.txt --terminal ${plain}`,
    `inspect seen --text short.txt --terminal --gates --feature line ${plain}`,
    `inspect seen --text short.txt --terminal --gates --gradients --unit 1 --layer 'layer 1 hidden' --json ${plain}`,
    `inspect seen --text text.txt --gradients --out report.html ${plain}`,
    "cat report.html",
    `inspect seen ${plain}`,
    `train transformer text.txt --out seen-heads --heads 1 --layers 1 ${windows} --context-length 8 ${small} --quiet`,
    `inspect seen-heads --text short.txt ${plain}`,
    "cat seen-heads/report.html",
    `inspect seen-heads --json ${plain}`,
    "info seen-heads",
    `quantize seen-heads seen-rounded ${plain}`,
    `inspect seen-rounded --text short.txt ${plain}`,
    "cat seen-rounded/report.html",
    `train nplm words.txt --tokenizer word --out seen-words --order 3 ${windows} ${small} --quiet`,
    `inspect seen-words --words ship old --terminal ${plain}`,
    `inspect seen-words --words ship old --terminal --json ${plain}`,
    `inspect seen-words --words ship ${plain}`,
    "cat seen-words/report.html",
    "info seen-words",
    `train char-aware words.txt --out seen-spelling ${windows} ${small} --quiet`,
    `inspect seen-spelling --words ships --terminal ${plain}`,
    "info seen-spelling",
  ],
  counts: [
    `train ngram words.txt --order 3 --out counts ${plain}`,
    `train ngram words.txt --order 2 --out other --smoothing wittenBell --json ${plain}`,
    "info counts",
    "info counts --json",
    `evaluate counts more.txt ${plain}`,
    `evaluate counts more.txt --words --log-base 2 ${plain}`,
    `evaluate counts more.txt --words --json ${plain}`,
    `inspect counts --text more.txt --log-base 10 ${plain}`,
    `inspect counts --json ${plain}`,
    `generate counts --table --prompt the ${plain}`,
    `generate counts --table --prompt the --beams 2 --maximum-length 2 --json ${plain}`,
    `generate counts --table --maximum-length 1 ${plain}`,
    `generate counts --table --maximum-length 1 --json ${plain}`,
    `generate counts --prompt the --seed 1 --maximum-length 3 ${plain}`,
    `arpa counts counts.arpa ${plain}`,
    "cat counts.arpa",
    `train ngram counts.arpa --arpa --out read ${plain}`,
    `train mixture more.txt --models counts other --out mixed ${plain}`,
    `train mixture more.txt --models counts other --out mixed --overwrite --json ${plain}`,
    `inspect mixed --text more.txt ${plain}`,
    `inspect mixed --text more.txt --json ${plain}`,
    "info mixed",
    `ladder long.txt --only bigram kneser-ney --out ladder ${plain}`,
    `ladder long.txt --only kneser-ney lstm --hidden-size 4 --epochs 1 --maximum-steps 1 ${windows} --out ladder --overwrite --json ${plain}`,
    "cat ladder/ladder.json",
    "cat ladder/ladder.txt",
    `ladder long.txt --only transformer --hidden-size 4 --epochs 1 --maximum-steps 1 ${windows} --out heads-ladder --json ${plain}`,
    "info heads-ladder/transformer",
    `ladder long.txt --only transformer --hidden-size 5 --epochs 1 --maximum-steps 1 ${windows} --out odd-ladder --json ${plain}`,
    "info odd-ladder/transformer",
    `ladder long.txt --only bigram --tokenizer character --validation words.txt --test more.txt --out spelt-ladder ${plain}`,
    `train ngram more.txt --order 2 ${plain}`,
  ],
  pairs: [
    `train transliterate pairs.tsv --out pairs --batch-size 4 ${small} --test pairs.tsv`,
    `train autoencoder text.txt --out copies --batch-size 4 ${small} --json`,
    `train transformer-translate pairs.tsv --heads 1 --encoder-layers 1 --decoder-layers 1 --out heads --batch-size 4 ${small} --quiet`,
    "info pairs",
    "info pairs --json",
    "info heads",
    `translate pairs aba ab --maximum-length 3 --scores ${plain}`,
    `translate pairs aba --maximum-length 3 --n-best 2 --beams 2 --json ${plain}`,
    `translate pairs aba --maximum-length 3 --n-best 2 --beams 2 ${plain}`,
    `evaluate pairs pairs.tsv --maximum-length 3 --output out.txt ${plain}`,
    `evaluate pairs pairs.tsv --maximum-length 3 --json ${plain}`,
    `evaluate copies text.txt --maximum-length 3 ${plain}`,
    `train transliterate pairs.tsv --out skipped --maximum-length 4 --long skip --validation 0 --batch-size 4 ${small}`,
    `trace pairs aba --maximum-length 3 --beams 2 --attention-svg looks.svg ${plain}`,
    `trace pairs aba --maximum-length 3 --beams 2 --json ${plain}`,
    `map pairs lines.txt --out map.svg ${plain}`,
    `map pairs lines.txt --json --out map.svg ${plain}`,
    `inspect pairs --text few.tsv ${plain}`,
    "cat pairs/report.html",
    `quantize pairs pairs-small --evaluate pairs.tsv ${plain}`,
    `inspect pairs-small ${plain}`,
    "cat pairs-small/report.html",
    `translate pairs aba ' ' --maximum-length 3 --json ${plain}`,
    `train transliterate blank.tsv --out spelt --tokenizer character --attention none --empty skip --validation 0 --batch-size 4 ${small}`,
    "info spelt",
    `evaluate spelt pairs.tsv --maximum-length 3 ${plain}`,
    `inspect spelt --text few.tsv ${plain}`,
    "cat spelt/report.html",
    `train autoencoder few.csv --text-column text --out column --batch-size 4 --validation 0 ${small}`,
    `evaluate copies text.txt short.txt --copies ${plain}`,
    "score written.txt pairs.tsv",
    "score written.txt --references written.txt --unit characters --json",
    "score written.txt --references written.txt",
  ],
  labels: [
    `train classify labels.csv --text-column text --label-column label --out labels --batch-size 8 --sample-every 2 ${small} --test labels.csv`,
    "cat labels/training.json",
    `train classify labels.csv --text-column text --label-column label --folds 2 --batch-size 8 ${small}`,
    `train classify labels.csv --text-column text --label-column label --folds 2 --batch-size 8 ${small} --json`,
    `train classify two.csv --text-column text --label-column kind --label-separator '|' --out several --batch-size 8 ${small}`,
    `train classify labels.csv --text-column text --label-column label --out skipped-labels --maximum-length 3 --long skip --validation 0 ${small}`,
    "info labels",
    "info several",
    `classify labels 'a whale' ' ' ${plain}`,
    `classify labels 'a whale' ' ' --probabilities ${plain}`,
    `classify labels 'a whale' ' ' --json ${plain}`,
    `classify several 'a whale' --threshold 0.4 ${plain}`,
    `evaluate labels labels.csv ${plain}`,
    `evaluate several two.csv --json ${plain}`,
    `inspect labels --text few.csv ${plain}`,
    "cat labels/report.html",
    `quantize labels labels-small --weights bfloat16 --evaluate labels.csv ${plain}`,
    `probe labels labels.csv ${plain}`,
    `inspect labels-small ${plain}`,
    "cat labels-small/report.html",
    `inspect labels --text few.csv --terminal ${plain}`,
    `on a terminal: inspect labels --text few.csv --terminal ${plain}`,
    `train classify gaps.csv --text-column text --label-column kind --label-separator '|' --empty skip --out sets --pooling mean --no-bidirectional --validation 0 ${small}`,
    "info sets",
    `inspect sets --text gaps.csv --terminal --empty skip ${plain}`,
    `inspect sets --text gaps.csv ${plain}`,
    "cat sets/report.html",
  ],
  tags: [
    `train tag tags.conll --out tags --batch-size 4 --sample-every 2 ${tiny} --test tags.conll`,
    `train tag spans.conll --out spans --batch-size 4 ${tiny} --test spans.conll --json`,
    `train tag spans.conll --folds 2 --batch-size 4 ${tiny}`,
    `train tag tags.conll --out skipped-tags --maximum-length 2 --long cut --validation 0 ${tiny}`,
    "info tags",
    `tag tags 'the whale' --probabilities ${plain}`,
    `tag tags 'the whale' ' ' --n-best 2 ${plain}`,
    `tag tags 'the whale' --n-best 2 --probabilities --json ${plain}`,
    `evaluate tags tags.conll ${plain}`,
    `evaluate spans spans.conll ${plain}`,
    `inspect spans --text few.conll ${plain}`,
    "cat spans/report.html",
    `inspect spans --text few.conll --terminal ${plain}`,
    `quantize tags tags-small --evaluate tags.conll ${plain}`,
    `probe tags tags.conll ${plain}`,
    `inspect tags-small ${plain}`,
    "cat tags-small/report.html",
    `train tag tags.conll --vectors twice.txt --no-bidirectional --out known --validation 0 ${small} --character-size 2 --character-embedding-size 2`,
    "info known",
  ],
  frames: [
    `train frames frames.csv --sequence-column walk --label-column place --out frames --batch-size 4 ${small} --test frames.csv`,
    `train frames chords.csv --sequence-column walk --label-column notes --label-separator '|' --out chords --batch-size 4 --sample-every 2 ${small} --json`,
    "info frames",
    `tag frames new.csv ${plain}`,
    `tag frames new.csv --probabilities ${plain}`,
    `tag frames new.csv --probabilities --json ${plain}`,
    `tag frames new.csv --svg frames.svg --json ${plain}`,
    "cat frames.svg",
    `tag chords few-chords.csv --threshold 0.5 ${plain}`,
    `evaluate frames frames.csv ${plain}`,
    `evaluate frames single.csv ${plain}`,
    `train frames frames.csv --sequence-column walk --label-column place --out cut --maximum-length 4 --long cut --validation 0 ${small} --test frames.csv`,
    `train frames frames.csv --sequence-column walk --label-column place --out split --maximum-length 4 --long split ${small}`,
    `evaluate chords chords.csv --json ${plain}`,
    `inspect frames --text frames.csv ${plain}`,
    "cat frames/report.html",
    `quantize frames frames-small --evaluate frames.csv ${plain}`,
    `inspect frames-small ${plain}`,
    "cat frames-small/report.html",
    `train frames roll.csv --next --out next --validation 0 ${small}`,
  ],
  series: [
    `train forecast months.csv --horizon 3 --season 12 --out series --batch-size 4 --sample-every 2 ${small} --test-steps 6`,
    "info series",
    `forecast series months.csv ${plain}`,
    `forecast series months.csv --json --only sold --levels 0.1 0.5 0.9 --paths 1 --seed 5 ${plain}`,
    `forecast series months.csv --chart --svg series.svg ${plain}`,
    `backtest series months.csv ${plain}`,
    `backtest series months.csv --after later.csv --json ${plain}`,
    `evaluate series months.csv --last-steps 6 --stride 3 ${plain}`,
    `inspect series --text months.csv ${plain}`,
    "cat series/report.html",
    `inspect series --text months.csv --terminal ${plain}`,
    `on a terminal: inspect series --text months.csv --terminal ${plain}`,
    `inspect series --terminal ${plain}`,
    `inspect series --json ${plain}`,
    `quantize series series-small --evaluate months.csv ${plain}`,
    `inspect series-small ${plain}`,
    "cat series-small/report.html",
    `forecast series wide.csv --svg wide.svg ${plain}`,
    `train forecast runs.csv --series-column run --horizon 3 --validation-steps 0 --out runs --batch-size 4 ${small}`,
    `forecast runs runs.csv ${plain}`,
    `forecast runs runs.csv --only up --levels 0.5 --json ${plain}`,
  ],
  vectors: [
    `train vectors words.txt --minimum-count 1 --size 4 --epochs 1 --sample 0 --out vectors --batch-size 8 ${plain}`,
    `train vectors words.txt --minimum-count 1 --size 4 --epochs 1 --sample 0 --out vectors --overwrite --batch-size 8 --maximum-steps 2 --json ${plain}`,
    "info vectors",
    `neighbours vectors ship old --top 2 ${plain}`,
    `neighbours vectors ship --top 2 --json ${plain}`,
    `analogy vectors old ship grey --top 2 ${plain}`,
    `analogy vectors old ship grey --top 2 --json ${plain}`,
    `evaluate vectors similar.txt analogies.txt ${plain}`,
    `evaluate vectors similar.txt analogies.txt --json ${plain}`,
    `export vectors vectors.txt ${plain}`,
    `export vectors vectors.bin --json --format binary ${plain}`,
    `inspect vectors --text similar.txt --words ship ${plain}`,
    "cat vectors/report.html",
    `map vectors chosen.txt --out words.svg ${plain}`,
    `map vectors chosen.txt --out words.svg --json ${plain}`,
    `quantize vectors vectors-small --evaluate similar.txt ${plain}`,
    "import vectors.txt --out imported --first 4",
    "import vectors.txt --out imported --overwrite --json",
    "import twice.txt --out twice",
    "import vectors.txt --out two --overwrite --first 2",
    `inspect imported ${plain}`,
    "cat imported/report.html",
    `inspect two ${plain}`,
    "cat two/report.html",
    `map vectors zebra.txt --out words.svg ${plain}`,
    `quantize vectors vectors-half --evaluate analogies.txt ${plain}`,
    `train vectors words.txt --validation more.txt --sample 0 --minimum-count 1 --size 4 --maximum-steps 2 --sample-every 2 --out validated --batch-size 8 ${plain}`,
  ],
  captions: [
    `train caption captions.tsv --images . --out captions --batch-size 2 --validation 0 --embedding-size 4 --sample-every 2 ${small} --test captions.tsv`,
    "info captions",
    `caption captions red.png blue.png --maximum-length 3 ${plain}`,
    `caption captions red.png --maximum-length 3 --n-best 2 --beams 2 --json ${plain}`,
    `caption captions red.png --attention --scores --svg seen.svg --maximum-length 2 ${plain}`,
    "cat seen.svg",
    `on a terminal: caption captions red.png --maximum-length 2 ${plain}`,
    `on a terminal: caption captions red.png blue.png --maximum-length 2 ${plain}`,
    `evaluate captions captions.tsv --maximum-length 3 --output captions.txt ${plain}`,
    `evaluate captions captions.tsv --maximum-length 3 --json ${plain}`,
    `inspect captions --text captions.tsv ${plain}`,
    "cat captions/report.html",
    `quantize captions captions-small --evaluate captions.tsv ${plain}`,
    `inspect captions-small ${plain}`,
    "cat captions-small/report.html",
    `train caption blank-captions.tsv --images . --empty skip --attention none --out blind --batch-size 2 --validation 0 --embedding-size 4 ${small}`,
    "info blind",
    `caption blind red.png --attention --minimum-length 1 --maximum-length 2 ${plain}`,
    `caption blind red.png --svg none.svg --minimum-length 1 --maximum-length 2 ${plain}`,
    `caption captions red.png blue.png --svg none.svg ${plain}`,
    `train caption captions.tsv --images features.npy --out features --batch-size 2 --validation 0 --embedding-size 4 ${small} --quiet`,
    `caption features red.png --maximum-length 2 ${plain}`,
    `caption features red.png --images features.npy --minimum-length 1 --maximum-length 2 --attention --svg seen.svg ${plain}`,
    "cat seen.svg",
    `inspect features --text captions.tsv ${plain}`,
  ],
};

test.each(Object.entries(sessions))("%s: what commands print is what somebody has read", async (name, commands) => {
  await expect(await transcript(...commands)).toMatchFileSnapshot(`transcripts/${name}.txt`);
});
