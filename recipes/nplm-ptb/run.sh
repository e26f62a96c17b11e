#!/usr/bin/env bash
# A neural probabilistic language model (Bengio et al. 2003) on Penn Treebank words: a 5-gram net. Mikolov (2012, table 4.1) has a test
# perplexity of 140.2 for one; modified Kneser-Ney 5-grams have 141.2.
#
#   bash recipes/nplm-ptb/run.sh DATA [MODEL]
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products.
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them (see recipes/zaremba-small-ptb/run.sh).
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/nplm-ptb}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train nplm "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" \
  --order 5 --embedding-size 100 --hidden-size 200 --direct --dropout 0.2 \
  --batch-size 16 --window-length 16 --epochs 12 \
  --optimizer adam --learning-rate 0.001 --schedule step --decay-start 4 --decay-factor 0.5 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}
