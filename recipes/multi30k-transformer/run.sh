#!/usr/bin/env bash
# Translating captions (Multi30k, task 1, 29,000 pairs) with a Transformer of 3 + 3 blocks of 256 features (Vaswani et al. 2017), one
# vocabulary of 8,000 subwords for both sides. Wanted: 38 BLEU or higher on test_2016_flickr from English to German, 36.5 from German to
# English, which bentrevett/pytorch-seq2seq reaches with words.
#
#   bash recipes/multi30k-transformer/run.sh DATA [SOURCE [TARGET [MODEL]]]      SOURCE, TARGET: en, de, fr; default en de
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products.
#
# DATA holds the lower-cased, tokenised files: train.lc.norm.tok.en, val.lc.norm.tok.de, test_2016_flickr.lc.norm.tok.en ...
set -euo pipefail
data=${1:?"usage: run.sh DATA [SOURCE [TARGET [MODEL]]]"}
source=${2:-en}
target=${3:-de}
model=${4:-models/multi30k-transformer-$source-$target}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }
files() { echo "$data/$1.lc.norm.tok.$source" "$data/$1.lc.norm.tok.$target"; }

# shellcheck disable=SC2046
ostinato train transformer-translate $(files train) \
  --validation $(files val) \
  --tokenizer subword --vocabulary 8000 --shared-embedding \
  --layers 3 --heads 8 --hidden-size 256 --feed-forward-size 512 --dropout 0.3 --label-smoothing 0.1 \
  --batch-size 64 --epochs 20 --patience 4 --clip-norm 1 \
  --optimizer adam --beta2 0.98 --learning-rate 0.001 --schedule noam --warmup 1000 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}

# The files are tokenised already: BLEU is to cut them at blanks.
# shellcheck disable=SC2046
ostinato evaluate "$model" $(files test_2016_flickr) --bleu-tokenizer none
