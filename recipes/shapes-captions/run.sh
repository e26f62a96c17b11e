#!/usr/bin/env bash
# Captions of two shapes from the pixels (6,000 images of 32 x 32): three convolutions to a grid of 8 x 8, soft attention, an LSTM of 128
# (Xu et al. 2015). Wanted: 97 % of the test captions exact, and 60 % of the attention on the object that is being named.
#
#   bash recipes/shapes-captions/run.sh DATA [MODEL]
#
# DATA holds train.u8, train.tsv, valid.u8 ...
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/shapes-captions}
here=$(dirname "$0")
prepared=$model-data
ostinato() { node "$here/../../dist/packed/main.js" "$@"; }

node "$here/prepare.mjs" "$data" "$prepared"
ostinato train caption "$prepared/train.tsv" --validation "$prepared/valid.tsv" \
  --images "$prepared/train.npy" "$prepared/valid.npy" "$prepared/test.npy" \
  --convolutions 32 64 64 --grid-size 8 --positions --doubly-stochastic 0 \
  --hidden-size 128 --embedding-size 64 --attention-size 64 --batch-size 50 --epochs 16 --clip-norm 1 \
  --learning-rate 0.002 --schedule cosine --decay-floor 0.05 --seed 1 --out "$model" ${RESUME:+--resume}
ostinato evaluate "$model" "$prepared/test.tsv"
node "$here/attention.mjs" "$model" "$data" "$prepared"
