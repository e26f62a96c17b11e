#!/usr/bin/env bash
# English to Korean with 3,048 sentence pairs (Tatoeba): far too few for a translator. The point is that the whole way works for Korean:
# four of five training sentences are written back exactly, and what is written is well-formed Hangul.
#
#   bash recipes/tatoeba-korean/run.sh DATA [MODEL]
#
# DATA holds train.tsv and test.tsv: English, a tab, Korean. Nothing is held out: the weights are those of the last epoch.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/tatoeba-korean}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train translate "$data/train.tsv" \
  --validation 0 --long skip \
  --source-tokenizer word --target-tokenizer character \
  --cell gru --hidden-size 256 --embedding-size 128 --attend before --dropout 0.3 \
  --batch-size 32 --epochs 30 \
  --optimizer adam --learning-rate 0.002 --schedule cosine --decay-floor 0.05 --warmup 50 \
  --matmul-precision medium --seed 1 --out "$model" ${RESUME:+--resume}

ostinato evaluate "$model" "$data/train.tsv" --bleu-tokenizer char --matmul-precision medium
ostinato evaluate "$model" "$data/test.tsv" --bleu-tokenizer char --matmul-precision medium
