#!/usr/bin/env bash
# Characters of tiny-shakespeare with nanoGPT's Transformer for a CPU: 1.88 nats a character on the last 10 %.
#
#   bash recipes/tiny-shakespeare-transformer/run.sh DATA [MODEL]
#
# DATA holds input.txt (1,115,394 characters; repository karpathy/char-rnn, data/tinyshakespeare). The recipe is that of nanoGPT's
# README ("I only have a macbook"): 4 blocks of 4 heads and 128 features, 12 windows of 64 characters, 2,000 updates, no dropout,
# AdamW whose rate falls along a cosine to a tenth. The split is nanoGPT's, the first 90 % to learn from; its windows begin at random
# places of the text, ours follow each other.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/tiny-shakespeare-transformer}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train transformer "$data/input.txt" \
  --validation 0.1 \
  --tokenizer character --layers 4 --heads 4 --hidden-size 128 --context-length 64 --positions "${POSITIONS:-rotary}" \
  --batch-size 12 --maximum-steps 2000 --epochs 2 --clip-norm 1 \
  --optimizer adamw --learning-rate 0.001 --beta2 0.99 --weight-decay 0.1 --matrices-only \
  --schedule cosine --decay-floor 0.1 --warmup 100 \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
