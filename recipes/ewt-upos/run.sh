#!/usr/bin/env bash
# Parts of speech of the English Web Treebank (Universal Dependencies): words and their characters by LSTMs, one bidirectional layer of 160.
# Wanted: 95.0 % of the development set without pretrained vectors.
#
#   bash recipes/ewt-upos/run.sh DATA [MODEL]
#
# DATA holds en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/ewt-upos}
ostinato() { node "$(dirname "$0")/../../dist/cli/main.js" "$@"; }

ostinato train tag "$data/en_ewt-ud-train.conllu" \
  --validation "$data/en_ewt-ud-dev.conllu" --test "$data/en_ewt-ud-dev.conllu" \
  --lowercase --characters rnn --character-size 64 --character-embedding-size 24 --hidden-size 160 --dropout 0.5 --word-dropout 0.5 \
  --batch-size 32 --epochs 9 \
  --optimizer adam --learning-rate 0.003 --schedule cosine \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
