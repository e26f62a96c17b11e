#!/usr/bin/env bash
# AirPassengers: 108 months to learn, the last 36 to forecast. So little data teaches a network next to nothing: it corrects the seasonal
# naive forecast with drift, and stops after a few updates.
#
#   bash recipes/air-passengers/run.sh DATA [MODEL]
#
# DATA holds AirPassengers.csv.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL]"}
model=${2:-models/air-passengers}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train forecast "$data/AirPassengers.csv" \
  --horizon 36 --season 12 --segment 12 --lookback 24 --baseline drift --scaling difference --output point --hidden-size 16 \
  --validation-steps 0 --test-steps 36 --batch-size 16 --epochs 10 --learning-rate 0.001 --schedule cosine --clip-norm 1 \
  --seed 1 --out "$model" ${RESUME:+--resume}
