#!/usr/bin/env bash
# Parts of speech of the English Web Treebank (Universal Dependencies): words and their characters by LSTMs, one bidirectional layer of 200.
# Wanted: 95.0 % of the development set without pretrained vectors.
#
#   bash recipes/ewt-upos/run.sh DATA [MODEL]
#
# DATA holds en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/ewt-upos}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train tag "$data/en_ewt-ud-train.conllu" \
  --validation 0 --test "$data/en_ewt-ud-dev.conllu" \
  --lowercase --minimum-count 2 --word-dropout 1 --characters rnn --character-size 128 --character-embedding-size 50 \
  --hidden-size 200 --dropout 0.5 \
  --batch-size 32 --epochs 10 \
  --optimizer adam --learning-rate 0.003 --schedule cosine \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
