#!/usr/bin/env bash
# Word vectors of texts of your own, and how far they agree with people: Spearman's correlation on WordSim-353, MEN, SimLex-999, and the analogies of
# word2vec; in Korean WordSim-353 in Korean.
#
#   bash recipes/word-vectors/run.sh JUDGEMENTS MODEL TEXT...
#
# JUDGEMENTS holds english/EN-WS-353-ALL.txt ... and korean/WS353_korean.csv; LANGUAGE=korean takes the latter. A text of a few million words wants
# many passes and few frequent words.
set -euo pipefail
judgements=${1:?"usage: run.sh JUDGEMENTS MODEL TEXT..."}
model=${2:?"usage: run.sh JUDGEMENTS MODEL TEXT..."}
shift 2
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

ostinato train vectors "$@" --words letters --minimum-count 5 \
  --architecture "${ARCHITECTURE:-skip-gram}" --objective "${OBJECTIVE:-negative}" \
  --size 100 --window 5 --sample 1e-4 --epochs "${EPOCHS:-20}" --learning-rate "${RATE:-0.05}" \
  --seed "${SEED:-1}" --out "$model" ${RESUME:+--resume}

if [ "${LANGUAGE:-english}" = korean ]; then
  ostinato evaluate "$model" "$judgements/korean/WS353_korean.csv"
else
  ostinato evaluate "$model" "$judgements"/english/EN-WS-353-ALL.txt "$judgements"/english/EN-MEN-TR-3k.txt \
    "$judgements"/english/EN-SIMLEX-999.txt "$judgements"/english/questions-words.txt
fi
