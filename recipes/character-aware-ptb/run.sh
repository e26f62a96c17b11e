#!/usr/bin/env bash
# The small character-aware model of Kim et al. (2016), LSTM-Char-Small, on Penn Treebank words: published test perplexity 92.3.
#
#   bash recipes/character-aware-ptb/run.sh DATA [MODEL]
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products.
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them (see recipes/zaremba-small-ptb/run.sh).
#
# As published: character vectors of 15, 25 w filters of each width w from 1 to 6, one highway layer, 2 x 300 LSTM, dropout 0.5, batch 20,
# 35 steps, weights uniform in ±0.05, gradient norm clipped at 5, SGD at rate 1, halved when the validation perplexity gains less than 1, 25
# epochs.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/character-aware-ptb}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train char-aware "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" \
  --character-embedding-size 15 --filter-width 6 --filters 25 --highway-layers 1 \
  --cell lstm --layers 2 --hidden-size 300 --dropout 0.5 --forget-bias 0 --initializer uniform:0.05 \
  --batch-size 20 --window-length 35 --epochs 25 --reduction sequence --clip-norm 5 \
  --optimizer sgd --learning-rate 1 --schedule plateau --minimum-gain 0.01 --decay-factor 0.5 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}
