#!/usr/bin/env bash
# English sentences, without pretrained vectors, as Kim (2014): a bidirectional GRU of 128 over words, and the maximum over time. SST-2 and
# TREC have test sets of their own; MR and SUBJ are cross-validated, ten models each. TREC has no validation set and few questions: the
# network learns from all of them, with twice the units, while the learning rate falls to 0.
# Wanted: SST-2 80 %, TREC 89 %, MR 75.9 %, SUBJ 89.2 % or higher.
#
#   bash recipes/sentence-classification/run.sh DATA [MODELS]
#
# DATA holds sst/, trec/, mr/ and subj/: a label, a tab and a sentence in each line (TREC: coarse label, fine label, question).
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODELS]"}
models=${2:-models/sentence-classification}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }
shared=(--no-header --label-column 1 --pooling max --dropout 0.5 --word-dropout 0.1 --batch-size 50 --seed "${SEED:-1}")

ostinato train classify "$data/sst/binary.train.tsv" --text-column 2 "${shared[@]}" \
  --validation "$data/sst/binary.dev.tsv" --test "$data/sst/binary.test.tsv" --epochs 5 --out "$models/sst2" ${RESUME:+--resume}
ostinato train classify "$data/trec/train.tsv" --text-column 3 "${shared[@]}" \
  --test "$data/trec/test.tsv" --validation 0 --hidden-size 256 --embedding-size 128 \
  --schedule cosine --learning-rate 0.002 --epochs 8 --out "$models/trec" ${RESUME:+--resume}
for set in mr subj; do
  ostinato train classify "$data/$set/all.tsv" --text-column 2 "${shared[@]}" --folds 10 --epochs 3
done
