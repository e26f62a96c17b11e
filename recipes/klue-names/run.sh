#!/usr/bin/env bash
# Named entities of Korean texts (KLUE-NER), a syllable at a time: a bidirectional LSTM of 2 x 128 and a conditional random field.
# Wanted: span F1 60 or higher, without pretrained vectors, from 4,000 sentences. What syllables are together with their neighbours helps most
# (--ngram-size: 6 points).
#
#   bash recipes/klue-names/run.sh DATA [MODEL]
#
# DATA holds train.tsv and dev.tsv: a syllable, a tab and its tag in each line, an empty line after a sentence; lines that begin with "## "
# are comments.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/klue-names}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train tag "$data/train.tsv" \
  --validation 0 --test "$data/dev.tsv" \
  --output "${OUTPUT:-crf}" --characters none --embedding-size 64 --ngram-size 64 --hidden-size 128 --layers 2 --dropout 0.5 --word-dropout 6 \
  --batch-size 16 --epochs 12 \
  --optimizer adam --learning-rate 0.003 --schedule cosine \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
