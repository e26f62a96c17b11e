#!/usr/bin/env bash
# Answers to Korean questions (Chatbot_data, 11,000 pairs): a GRU encoder-decoder of 256 units with additive attention over 4,000 subwords.
# Wanted: answers that read as answers. There are no memory and no facts in it.
#
#   bash recipes/korean-chat/run.sh DATA [MODEL]
#
# DATA holds train.csv and valid.csv, whose first line is Q,A,label.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/korean-chat}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train chat "$data/train.csv" \
  --validation "$data/valid.csv" \
  --tokenizer subword --vocabulary 4000 \
  --cell gru --hidden-size 256 --embedding-size 128 --attend before --tied --dropout 0.4 \
  --batch-size 64 --epochs 20 \
  --optimizer adam --learning-rate 0.002 --schedule cosine --decay-floor 0.02 --warmup 200 \
  --matmul-precision medium --seed 1 --out "$model" ${RESUME:+--resume}

printf '%s\n' "안녕하세요" "배고파" "오늘 날씨 어때?" "영화 보고 싶다" "여행 가고 싶어" | ostinato chat "$model"
