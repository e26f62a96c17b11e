#!/usr/bin/env bash
# A plain recurrent network, a Kneser-Ney 5-gram model and both together on Penn Treebank words. Mikolov & Zweig (2012, table 1) have test
# perplexities of 124.7, 141.2 and 105.7.
#
#   bash recipes/rnn-kneser-ney-ptb/run.sh DATA [MODELS]
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products.
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them (see recipes/zaremba-small-ptb/run.sh). The weights of the
# mixture are those that the validation text finds likeliest.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODELS]"}
models=${2:-models/rnn-kneser-ney-ptb}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train lm "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" \
  --tokenizer word --cell rnn --layers 1 --hidden-size 256 --embedding-size 256 --tied --dropout 0.35 \
  --batch-size 20 --window-length 35 --epochs 16 --clip-norm 5 \
  --optimizer adam --learning-rate 0.002 --schedule step --decay-start 6 --decay-factor 0.6 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$models/rnn" ${RESUME:+--resume}
ostinato train ngram "$data/ptb.train.txt" --tokenizer word --order 5 --running --out "$models/kneser-ney" --overwrite
ostinato evaluate "$models/kneser-ney" "$data/ptb.test.txt"
ostinato train mixture "$data/ptb.valid.txt" --models "$models/rnn" "$models/kneser-ney" --out "$models/mixture" --overwrite
ostinato evaluate "$models/mixture" "$data/ptb.test.txt"
