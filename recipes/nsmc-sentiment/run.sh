#!/usr/bin/env bash
# Sentiment of Korean film reviews (NSMC), a syllable at a time: a bidirectional GRU of 128 and the maximum over time.
# Wanted: test accuracy 85.5 % or higher.
#
#   bash recipes/nsmc-sentiment/run.sh DATA [MODEL]
#
# DATA holds ratings_train.txt and ratings_test.txt: columns id, document and label, separated by tabs.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/nsmc-sentiment}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train classify "$data/ratings_train.txt" \
  --separator tab --text-column document --label-column label --validation 0.03 --test "$data/ratings_test.txt" \
  --tokenizer character --pooling max --dropout 0.4 --word-dropout 0.1 \
  --batch-size 64 --schedule cosine --learning-rate 0.002 --epochs 4 \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
