#!/usr/bin/env bash
# n-gram models of Penn Treebank words by every smoothing: test perplexities beside those that plain Python computed, and the published
# 148.3 and 141.2 of modified Kneser-Ney, 165.2 and 162.3 of Katz (Mikolov 2012, "Statistical Language Models Based on Neural Networks", table 4.1). Seconds.
#
#   bash recipes/ptb-ngrams/run.sh DATA [MODELS]
#
# DATA holds ptb.train.txt, ptb.valid.txt and ptb.test.txt as Mikolov prepared them: 10,000 words, <unk> one of them. Each line is a
# sentence, no count is cut off, and what no order knows is uniform over the vocabulary.
set -euo pipefail
data=${1:?"usage: run.sh DATA [MODELS]"}
models=${2:-models/ptb-ngrams}
ostinato() { node "$(dirname "$0")/../../dist/packed/main.js" "$@"; }

# NAME EXPECTED OPTIONS...
measure() {
  local name=$1 expected=$2
  shift 2
  ostinato train ngram "$data/ptb.train.txt" --out "$models/$name" --overwrite --quiet "$@"
  printf '%-24s expected %6s: ' "$name" "$expected"
  ostinato evaluate "$models/$name" "$data/ptb.test.txt" | head -n 1
}

measure kneser-ney-modified-2 185.7 --order 2
measure kneser-ney-modified-3 148.3 --order 3
measure kneser-ney-modified-4 142.7 --order 4
measure kneser-ney-modified-5 141.2 --order 5
measure kneser-ney-3 150.6 --order 3 --smoothing kneserNey
measure kneser-ney-5 143.5 --order 5 --smoothing kneserNey
measure absolute-3 166.5 --order 3 --smoothing absolute
measure absolute-5 165.9 --order 5 --smoothing absolute
measure witten-bell-3 186.3 --order 3 --smoothing wittenBell
measure witten-bell-5 209.2 --order 5 --smoothing wittenBell
# SRILM's default, with which Mikolov's figures were made: n-grams of three words and more that come once are left out.
measure katz-3 165.2 --order 3 --smoothing katz --minimum-counts 1 1 2
measure katz-5 162.3 --order 5 --smoothing katz --minimum-counts 1 1 2
measure additive-1 639.8 --order 1 --smoothing additive --added 1
measure additive-2 274.3 --order 2 --smoothing additive --added 0.01
# The size and the weight of the cache are the best of the validation text: 130.3 there. Mikolov has 125.7.
printf '%-24s expected %6s: ' "the 5-grams and a cache" 126.8
ostinato evaluate "$models/kneser-ney-modified-5" "$data/ptb.test.txt" --cache-size 200 --cache-weight 0.1 | head -n 1
measure interpolation-3 - --order 3 --smoothing interpolation --held-out "$data/ptb.valid.txt"
