#!/usr/bin/env bash
# Polyphonic music (Boulanger-Lewandowski et al. 2012), the keys of the next frame from those before, with the splits of Bai et al. (2018): an
# LSTM of 256. Wanted, nats a frame on the test pieces: JSB Chorales 8.45, Nottingham 3.46.
#
#   bash recipes/polyphonic-music/run.sh DATA [MODEL] [SET]
#
# DATA holds JSB_Chorales.mat and Nottingham.mat. SET is JSB_Chorales (the default) or Nottingham.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL] [SET]"}
set=${3:-JSB_Chorales}
model=${2:-models/$set}
here=$(dirname "$0")
prepared=$model-data
ostinato() { node "$here/../../dist/packed/main.js" "$@"; }

case $set in
  JSB_Chorales) choice=(--batch-size 4 --epochs 60 --patience 12) ;;
  Nottingham) choice=(--batch-size 8 --epochs 60 --patience 6) ;;
  *) echo "run.sh: there is no set $set" >&2; exit 2 ;;
esac
node "$here/prepare.mjs" "$data/$set.mat" "$prepared"
ostinato train frames "$prepared/train.safetensors" --next \
  --validation "$prepared/valid.safetensors" --test "$prepared/test.safetensors" \
  --hidden-size 256 --dropout 0.4 --learning-rate 0.003 --clip-norm 1 "${choice[@]}" \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}
