// Learns a music of two voices, predicts each chord from those before, and goes on with a piece by itself.
//
//   node examples/next-chord.mjs
import { adam, FrameData, FrameTagger, FrameVocabulary, splitSequences, Trainer } from "../dist/index.js";

const notes = ["c", "d", "e", "f", "g", "a", "b"];

/** A piece: one voice goes up step by step, the other follows two beats behind. In your program: await readFrames("music.safetensors"). */
function piece(start, beats) {
  const isOn = (t, key) => Number([start + t, start + t + 5].some((at) => at % notes.length === key));
  const values = Uint8Array.from({ length: beats * notes.length }, (_, i) =>
    isOn(Math.floor(i / notes.length), i % notes.length),
  );
  return { frames: { shape: [beats, notes.length], values }, features: notes };
}
const pieces = Array.from({ length: 120 }, (_, n) => piece(n % notes.length, 6 + (n % 11)));
const { train, validation } = splitSequences(pieces, { validation: 0.2 });

const tokenizer = await FrameVocabulary.of(train, { next: true });
const model = await FrameTagger.create({ tokenizer, hiddenSize: 24 });
const data = await FrameData.create(train, { tokenizer, batchSize: 8 });
await new Trainer(model, { data, epochs: 20, optimizer: adam({ learningRate: 0.02 }) }).run();

const { loss, microF1, repeated } = await model.evaluate(validation);
console.log(`${loss.toFixed(3)} nats a chord, F1 ${microF1.toFixed(2)}; by the chord before alone ${repeated.loss.toFixed(3)}`);

// Each chord that is predicted is read as the next one.
const values = [...piece(2, 3).frames.values];
const written = [];
for (let beat = 0; beat < 8; beat++) {
  const frames = { shape: [values.length / notes.length, notes.length], values };
  const [{ labels }] = await model.tag([{ frames }]);
  const chord = labels.at(-1);
  written.push(chord.join("+"));
  values.push(...notes.map((note) => Number(chord.includes(note))));
}
console.log(`after three beats: ${written.join(" ")}`);
