#!/usr/bin/env bash
# ETTh1, 7 channels of a transformer, by one GRU layer that reads segments of a day (SegRNN, Lin et al. 2023: 0.368, 0.408, 0.444, 0.446).
#
#   bash recipes/etth1/run.sh DATA [HORIZON] [MODEL]
#
# DATA holds ETTh1.csv. The first 8,640 hours are learnt, the next 2,880 validate, the 2,880 after those are the test, window by window. "MSE of
# z" is the mean squared error on z-scores.
set -euo pipefail
data=${1:?"usage: run.sh DATA [HORIZON] [MODEL]"}
horizon=${2:-96}
model=${3:-models/etth1-$horizon}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

# The farthest horizon learns by heart the soonest.
if [ "$horizon" -ge 720 ]; then learning=(--dropout 0.6 --learning-rate 0.0005 --epochs 3); else learning=(--dropout 0.5 --epochs 6 --patience 3); fi

mkdir -p "$(dirname "$model")"
head -n 14401 "$data/ETTh1.csv" > "$model.csv"
ostinato train forecast "$model.csv" \
  --horizon "$horizon" --lookback 96 --season 24 --segment 24 --level last --output point \
  --hidden-size 256 --series-embedding 64 \
  --validation-steps 2880 --test-steps 2880 --test-stride 1 \
  --batch-size 256 "${learning[@]}" --schedule cosine --clip-norm 1 --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
