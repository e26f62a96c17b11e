// A small training of each kind of model that gradients train, by the names of "ostinato" or "ostinato/browser": the same in Node and in a page.

const text = "to be, or not to be: that is the question.\nto be is to do, and to do is to be.\n";

/** Makes each kind and its data. `o`: the module. */
function kindsOf(o, executor) {
  const characters = o.CharacterTokenizer.fromText(text);
  const words = o.WordTokenizer.fromText(text);
  const pair = new o.TokenizerPair(characters, words);
  const streamOf = (tokenizer) => o.memoryStream(tokenizer.encode(text), text.length, tokenizer);
  const windows = () => new o.WindowData(streamOf(characters), { batchSize: 2, windowLength: 8 });
  const lines = [
    { source: "to be", target: "to do" },
    { source: "or not", target: "that is" },
  ];
  const tagged = [
    { tokens: ["to", "be"], tags: ["P", "V"] },
    { tokens: ["the", "question"], tags: ["D", "N"] },
  ];
  const labelled = [
    { text: "to be", label: "yes" },
    { text: "not to be", label: "no" },
  ];
  const wave = (n, phase) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + phase));
  const framed = [0, 1].map((phase) => ({ frames: { shape: [6, 2], values: wave(12, phase) }, labels: [..."aabbab"] }));
  const series = [{ name: "wave", values: Float64Array.from(wave(48, 0)) }];
  const photos = [0, 2].map((phase, i) => ({
    image: { shape: [2, 2, 3], values: wave(12, phase) },
    captions: [["to be"], ["not to be"]][i],
  }));
  const base = { executor, hiddenSize: 8, seed: 1 };
  const labels = new o.ClassifierVocabulary(characters, new o.Labels(["yes", "no"]));
  const tags = o.TaggerVocabulary.of(tagged);
  const pairs = () => o.PairData.create(lines, { tokenizer: pair, batchSize: 2 });
  return {
    LanguageModel: [() => o.LanguageModel.create({ ...base, tokenizer: characters }), windows],
    FeedForwardLanguageModel: [() => o.FeedForwardLanguageModel.create({ ...base, tokenizer: characters }), windows],
    CharacterAwareLanguageModel: [
      () => o.CharacterAwareLanguageModel.create({ ...base, tokenizer: words, filters: 2, filterWidth: 2 }),
      () => new o.WindowData(streamOf(words), { batchSize: 2, windowLength: 4 }),
    ],
    TransformerLanguageModel: [
      () => o.TransformerLanguageModel.create({ ...base, tokenizer: characters, heads: 2, layers: 1 }),
      windows,
    ],
    Seq2Seq: [() => o.Seq2Seq.create({ ...base, tokenizer: pair }), pairs],
    TransformerSeq2Seq: [() => o.TransformerSeq2Seq.create({ ...base, tokenizer: pair, heads: 2 }), pairs],
    SequenceClassifier: [
      () => o.SequenceClassifier.create({ ...base, tokenizer: labels }),
      () => o.LabelledData.create(labelled, { tokenizer: labels, batchSize: 2 }),
    ],
    SequenceTagger: [
      () => o.SequenceTagger.create({ ...base, tokenizer: tags, embeddingSize: 4, output: "crf" }),
      () => o.TaggedData.create(tagged, { tokenizer: tags, batchSize: 2 }),
    ],
    Forecaster: [
      () => o.Forecaster.create({ ...base, series, horizon: 4, lookback: 8 }),
      (model) => new o.SeriesData(series, { config: model.network.config, batchSize: 2 }),
    ],
    FrameTagger: [
      async () => o.FrameTagger.create({ ...base, tokenizer: await o.FrameVocabulary.of(framed) }),
      (model) => o.FrameData.create(framed, { tokenizer: model.tokenizer, batchSize: 2 }),
    ],
    ImageCaptioner: [
      () => o.ImageCaptioner.create({ ...base, tokenizer: words, embeddingSize: 4, rows: 2, columns: 2, channels: 3 }),
      () => o.CaptionData.create(photos, { tokenizer: words, batchSize: 2 }),
    ],
    Word2Vec: [
      async () =>
        o.Word2Vec.create({ executor, seed: 1, size: 4, tokenizer: await o.CountedWords.from(streamOf(words)) }),
      (model) => new o.ContextData(streamOf(words), { model, batchSize: 8, sample: 0 }),
    ],
  };
}

/** Trains each kind for some steps; returns the losses by the kind's name. */
export async function trainings(o, executor) {
  const losses = {};
  for (const [name, [make, dataOf]] of Object.entries(kindsOf(o, executor))) {
    const model = await make();
    const data = await dataOf(model);
    const optimizer = name === "Word2Vec" ? o.sgd({ learningRate: 0.1 }) : o.adam({ learningRate: 0.02 });
    const trainer = new o.Trainer(model, { data, epochs: 100, maximumSteps: 12, optimizer });
    losses[name] = [];
    trainer.on("step", ({ loss }) => losses[name].push(loss));
    await trainer.run();
  }
  return losses;
}
