#!/usr/bin/env bash
# The 414 hourly series of the M4 competition in one model (Makridakis, Spiliotis & Assimakopoulos 2020). The winner's ES-RNN has OWA 0.440.
#
#   bash recipes/m4-hourly/run.sh DATA [MODEL]
#
# DATA holds Hourly-train.csv and Hourly-test.csv of the organisers. Options were chosen on the last 48 values of the training part
# (--validation-steps 48); this run learns from all of it.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/m4-hourly}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train forecast "$data/Hourly-train.csv" --layout rows \
  --horizon 48 --season 24 --long-season 168 --lookback 336 --baseline seasonal --scaling difference --logarithm --linear \
  --validation-steps 0 --batch-size 128 --epochs 3 --maximum-steps 4000 \
  --schedule cosine --clip-norm 1 --seed 1 --out "$model" ${RESUME:+--resume}

ostinato backtest "$model" "$data/Hourly-train.csv" --after "$data/Hourly-test.csv"
