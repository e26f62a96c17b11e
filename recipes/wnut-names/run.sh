#!/usr/bin/env bash
# Emerging names in noisy English texts (WNUT-17): words and their characters by LSTMs, one bidirectional layer of 100, a conditional random
# field, no pretrained vectors. The published systems have these; of the test's names, one in 45 stands in the training.
# Wanted: span F1 33 on the test set.
#
#   bash recipes/wnut-names/run.sh DATA [MODEL]
#
# DATA holds train.conll, dev.conll and test.conll. The development texts (videos' comments) are nearer to the test's than the training's
# tweets, and are learnt too: nothing is chosen by them. FORWARD and BACKWARD may be folders of language models to read with (train lm
# --sentences --unknown; the second with --reverse-lines).
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/wnut-names}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train tag "$data/train.conll" "$data/dev.conll" \
  --validation 0 --test "$data/test.conll" \
  --output "${OUTPUT:-crf}" --lowercase --embedding-size 50 --character-size 50 --character-embedding-size 32 --hidden-size 100 \
  ${FORWARD:+--forward-model "$FORWARD"} ${BACKWARD:+--backward-model "$BACKWARD"} \
  --dropout 0.5 --word-dropout 1 \
  --batch-size 16 --epochs 10 \
  --optimizer adam --learning-rate 0.003 --schedule cosine \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
