#!/usr/bin/env bash
# The "medium" model of Zaremba, Sutskever & Vinyals (2014), "Recurrent Neural Network Regularization", on Penn Treebank words:
# 2 x 650 LSTM, dropout 0.5 between layers, published test perplexity 82.7.
#
#   bash recipes/zaremba-medium-ptb/run.sh DATA [MODEL]
#
# DATA as in ../zaremba-small-ptb.
#
# As published: batch 20, 35 steps of back-propagation with the state carried, weights uniform in ±0.05 and no forget-gate bias, SGD
# at rate 1 for 6 epochs and divided by 1.2 after each further one, 39 epochs, gradient norm clipped at 5, the loss summed over
# time and averaged over the batch. Ours: products in bfloat16 where the CPU has a matrix unit ("medium").
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/zaremba-medium-ptb}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train lm "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" \
  --tokenizer word --cell lstm --layers 2 --hidden-size 650 --embedding-size 650 --dropout 0.5 --initializer uniform:0.05 --forget-bias 0 \
  --batch-size 20 --window-length 35 --epochs 39 --reduction sequence --clip-norm 5 \
  --optimizer sgd --learning-rate 1 --schedule step --decay-start 6 --decay-factor 0.8333333333 \
  --matmul-precision "${PRECISION:-medium}" \
  --seed 1 --out "$model" ${RESUME:+--resume}
