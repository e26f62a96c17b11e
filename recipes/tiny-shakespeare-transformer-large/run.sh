#!/usr/bin/env bash
# Characters of tiny-shakespeare with nanoGPT's larger Transformer. Wanted: 1.50 nats a character or lower on the last 10 %; nanoGPT's README has 1.4697.
#
#   bash recipes/tiny-shakespeare-transformer-large/run.sh DATA [MODEL]
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products.
#
# DATA holds input.txt (1,115,394 characters; repository karpathy/char-rnn, data/tinyshakespeare). The sizes are nanoGPT's
# (train_shakespeare_char.py): 6 blocks of 6 heads and 384 features, 256 characters to look back on, dropout 0.2, AdamW whose rate falls
# along a cosine to a tenth. It makes 5,000 updates of 64 windows, this 2,000 of 32. Its windows begin at random
# places of the text; ours follow each other, but have lengths that are drawn, so that no character has the same ones before it in each epoch.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/tiny-shakespeare-transformer-large}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train transformer "$data/input.txt" \
  --validation 0.1 \
  --tokenizer character --layers 6 --heads 6 --hidden-size 384 --context-length 256 --dropout 0.2 \
  --batch-size 32 --window-length 248 --window-spread 4 --maximum-steps 2000 --epochs 18 --clip-norm 1 \
  --optimizer adamw --learning-rate 0.001 --beta2 0.99 --weight-decay 0.1 --matrices-only \
  --schedule cosine --decay-floor 0.1 --warmup 100 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}
