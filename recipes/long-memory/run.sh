#!/usr/bin/env bash
# What gates are for: the adding problem over 200 steps with GRU, LSTM and tanh RNN, and copy memory over 100 steps with an LSTM. The data is
# made by the programs.
#
#   bash recipes/long-memory/run.sh [SEED]
set -euo pipefail
seed=${1:-1}
cd "$(dirname "$0")/../.."

for cell in gru lstm rnn; do
  echo "adding problem, 200 steps, $cell"
  node examples/adding-problem.mjs "$cell" 200 10000 "$seed"
done
echo "copy memory, 100 steps, lstm"
node examples/copy-memory.mjs lstm 100 10000 "$seed"
