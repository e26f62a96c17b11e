#!/usr/bin/env bash
# An AWD-LSTM on Penn Treebank words (Merity et al. 2018): 24.2 million parameters, 500 epochs, validation and test perplexity 61.2 and 58.8 as
# its authors' program reports; fine-tuned 58.8 and 56.5; with a continuous cache 53.2 and 52.5. The perplexity falls for hundreds of epochs:
#
#   bash recipes/awd-lstm-ptb/run.sh DATA [MODEL] [EPOCHS]
#
# PRECISION=high or medium lets a CPU with a matrix unit, or with bfloat16 products, make the products. RESUME=1 goes on with a training
# that was stopped. FINETUNE=50 trains the best model once more, for at most as many epochs, with its weights averaged from the beginning.
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them (see recipes/zaremba-small-ptb/run.sh).
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODEL] [EPOCHS]"}
model=${2:-models/awd-lstm-ptb}
epochs=${3:-500}
here=$(dirname "$0")
ostinato() { node "$here/../../dist/packed/main.js" "$@"; }

ostinato train lm "$data/ptb.train.txt" \
  --validation "$data/ptb.valid.txt" --test "$data/ptb.test.txt" --tokenizer word \
  --layers 3 --hidden-size 1150 --last-hidden-size 400 --embedding-size 400 --tied \
  --variational --dropout 0.4 --layer-dropout 0.25 --embedding-dropout 0.1 --weight-dropout 0.5 \
  --activation-penalty 2 --temporal-penalty 1 \
  --batch-size 20 --window-length 70 --window-spread 5 --epochs "$epochs" \
  --optimizer asgd --non-monotone 5 --learning-rate 30 --weight-decay 1.2e-6 --clip-norm 0.25 \
  --matmul-precision "${PRECISION:-highest}" \
  --seed 1 --out "$model" ${RESUME:+--resume}

best=$model
if [ -n "${FINETUNE:-}" ]; then
  best=$model-finetuned
  node "$here/finetune.mjs" "$data" "$model" "$best" "$FINETUNE" "${PRECISION:-highest}" ${RESUME:+resume}
fi
for part in valid test; do
  echo "$part, alone, with a continuous cache, and with dynamic evaluation:"
  ostinato evaluate "$best" "$data/ptb.$part.txt"
  ostinato evaluate "$best" "$data/ptb.$part.txt" --cache-size 500 --cache-weight 0.1 --cache-theta 1
  ostinato evaluate "$best" "$data/ptb.$part.txt" --dynamic-rate 0.5 --dynamic-decay 0.002
done
