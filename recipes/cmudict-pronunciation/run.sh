#!/usr/bin/env bash
# English spelling to phonemes (CMUdict without stress, 117,044 pairs): a bidirectional LSTM of 2 x 256, a decoder of 2 x 256 with
# additive attention. Wanted: phoneme error 7.0 % or lower, word error 30 % or lower. Published on a split of the same size: 7.63 / 28.61
# (2 x 500, Yao & Zweig 2015), 5.45 / 23.55 (their bidirectional LSTM with alignments).
#
#   bash recipes/cmudict-pronunciation/run.sh DATA [MODEL]
#
# DATA holds train.tsv, dev.tsv and test.tsv: a word, a tab, its phonemes with blanks between them; the rows of a word with several
# pronunciations follow each other.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/cmudict-pronunciation}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train transliterate "$data/train.tsv" \
  --validation "$data/dev.tsv" \
  --cell lstm --layers 2 --hidden-size 256 --dropout 0.3 \
  --batch-size 128 --epochs 14 \
  --optimizer adam --learning-rate 0.002 --schedule cosine --decay-floor 0.02 --warmup 200 \
  --matmul-precision medium --seed 1 --out "$model" ${RESUME:+--resume}

# "error rate" is the phoneme error rate, "with an error" the word error rate.
ostinato evaluate "$model" "$data/test.tsv" --matmul-precision medium
ostinato trace "$model" recurrent
