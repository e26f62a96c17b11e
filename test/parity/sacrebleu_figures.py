#!/usr/bin/env python3
"""Makes the figures that test/metrics compares with: what sacreBLEU computes for small corpora.

    python3 -m venv venv && venv/bin/pip install sacrebleu      # made with 2.6.0
    venv/bin/python test/parity/sacrebleu_figures.py

Writes test/parity/figures/sacrebleu.json. Options have Ostinato's names there; the version is cut off signatures.
"""

import json
import logging
from itertools import zip_longest
from pathlib import Path

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

logging.disable(logging.WARNING)

FILE = Path(__file__).parent / "figures" / "sacrebleu.json"

# name -> [(hypothesis, [references])]
CORPORA = {
    "English, as in sacreBLEU's README, two references": [
        ("The dog bit the man.", ["The dog bit the man.", "The dog had bit the man."]),
        ("It wasn't surprising.", ["It was not unexpected.", "No one was surprised."]),
        ("The man had just bitten him.", ["The man bit him first.", "The man had bitten the dog."]),
    ],
    "examples 1 and 2 of Papineni et al. (2002)": [
        (
            "It is a guide to action which ensures that the military always obeys the commands of the party.",
            [
                "It is a guide to action that ensures that the military will forever heed Party commands.",
                "It is the guiding principle which guarantees the military forces always being under the command of the Party.",
                "It is the practical guide for the army always to heed the directions of the party.",
            ],
        ),
        ("the the the the the the the.", ["The cat is on the mat.", "There is a cat on the mat."]),
    ],
    "German": [
        ("Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
         ["Zwei junge weiße Männer sind im Freien in der Nähe von vielen Büschen."]),
        ("„Niemand hat die Absicht, eine Mauer zu errichten“, sagte er 1961.",
         ["»Niemand hat die Absicht, eine Mauer zu errichten!«, sagte Ulbricht am 15.6.1961."]),
        ("Das kostet 1.234,56 € - also z.B. 3-4 mal so viel wie im 19. Jahrhundert...",
         ["Dies kostet 1.234,56 € – d.h. 3- bis 4-mal so viel wie im 19. Jahrhundert."]),
        ("Ein Mann in einem blauen Hemd steht auf einer Leiter und putzt ein Fenster.",
         ["Ein Mann in einem blauen Hemd steht auf einer Leiter und putzt ein Fenster."]),
    ],
    "French": [
        ("L'homme a dit : « Aujourd’hui, il n'y a pas d'eau ! »", ["L’homme dit : « Il n'y a pas d'eau aujourd’hui. »"]),
        ("Est-ce qu'il y a 3,5 millions d'habitants\u00a0?", ["Y a-t-il 3,5 millions d’habitants\u202f?"]),
    ],
    "Korean": [
        ("그 남자는 개를 물었다.", ["그 남자가 개를 물었다.", "그 사람은 개를 물었습니다."]),
        ("오늘은 날씨가 좋습니다", ["오늘 날씨가 아주 좋아요!", "날씨가 좋은 날이네요."]),
    ],
    "Chinese, Japanese, Greek, Russian, Turkish, and characters beyond 16 bits": [
        ("今天天气很好,我们去公园吧。", ["今天的天气很好,我们去公园。"]),
        ("私は犬が好きです。", ["わたしは犬が大好きです!"]),
        ("Ο ΟΔΥΣΣΕΥΣ ΕΦΥΓΕ.", ["Ο Οδυσσεύς έφυγε."]),
        ("Она сказала: «Привет, мир!» — и ушла.", ["Она сказала „Привет, мир“ и ушла."]),
        ("İstanbul IŞIK 😀👍🏽 𝒳²=½", ["istanbul ışık 😀 👍🏽 𝒳² = ½ 😀"]),
    ],
    "entities, markup, signs and line ends": [
        ("Tom &amp; Jerry &lt;b&gt; said &quot;hello&quot; &amp;quot; &amp;lt;", ['Tom & Jerry <b> said "hello" &amp;quot; <']),
        ("a<skipped>b, don't [re-read] {x}|y~z `q` ^_^ 50% #1 $5 *a* 1+1=2 a/b \\n", ["ab , don't [ re-read ] {x} | y ~ z"]),
        ("exam-\nple of a line\nthat goes on-\n", ["example of a line that goes on-"]),
        ("1,000.5 .5 5. a.b a,b ., ,. 1.,2 ... --- 10-year 3-4-5 -5 U.S.A.", ["1,000.5 .5 5 . a.b , 1-2 ... 10 - year 3-4-5 U.S.A ."]),
        ("(so) \"so\" '¿so?' a ( ) ( )) ((", ["( so ) \"so \" ¿ so ? a () ()) (("]),
    ],
    "odd blanks": [
        ("  a\tb\u00a0c\u3000d \u2028 e\u0085f\u001cg\ufeffh  i\u200bj  ", ["a b c d e f g \ufeffh i\u200bj"]),
        ("the end of 1990. ", ["the end of 1990."]),
        ("the end of 1990.", ["the\u001eend  of\u000b1990. \u001f\u3000"]),
    ],
    "case": [
        ("THE Cat Sat On The MAT.", ["the cat sat on the mat."]),
        ("Straße in Łódź und ÄRGER", ["STRASSE in łódź und Ärger"]),
    ],
    "an empty hypothesis among others": [
        ("", ["There is something here."]),
        ("A second sentence that is all right.", ["A second sentence which is all right."]),
    ],
    "an empty reference among others": [
        ("Too much.", ["", "Not enough at all."]),
        ("Something of nothing here now.", [""]),
        ("A man is riding a horse.", ["A man rides a horse."]),
    ],
    "empty hypotheses alone": [("", ["a b c d"]), ("  ", ["e"])],
    "nothing at all": [("", [""])],
    "nothing in common": [("one two three four five", ["eins zwei drei"])],
    "words in common and nothing longer": [("a dog the man bit", ["man the dog a bites"]), ("b a", ["a b"])],
    "short hypotheses": [("Hello", ["Hello"]), ("Good night", ["Good night!"]), ("yes it is", ["yes it is"])],
    "one word": [("a", ["a"])],
    "one word, another reference": [("a", ["b"])],
    "two words against many": [("the cat", ["the cat sat on the mat and slept for the whole day"])],
    "lengths between two references": [
        ("a b c d e", ["a b c d e f", "a b c d"]),
        ("a b c d e", ["a b c d", "a b c d e f"]),
        ("a b c d e", ["a b", "a b c d e f g h", "x"]),
    ],
    "references that match equally well": [("ab cd", ["ab", "cd"]), ("abcdefg", ["abc", "efg", "bcdef"])],
    "repeated words": [
        ("la la la la la la", ["la la la", "la la la la la"]),
        ("ha ha ha, said the man", ["ha ha said ha the man", "the man said ha ha, ha"]),
    ],
    "different numbers of references": [
        ("A girl reads a book.", ["A girl is reading a book.", "The girl reads a book.", "A girl reads books."]),
        ("A boy plays football.", ["A boy is playing soccer."]),
    ],
    "Romanian, with letters of both comma and cedilla": [
        ("Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;", ["producţia de zahăr brut se exprimă în zahăr alb;"]),
    ],
    "phonemes": [
        ("HH AH L OW W ER L D", ["HH EH L OW W ER L D", "HH AH L OW W ER D"]),
        ("T AH M EY T OW", ["T AH M AA T OW", "T AH M EY T OW"]),
    ],
    "examples of sacreBLEU's tests of chrF": [
        ("risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
         ["risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists ."]),
        (" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
         ["Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich."]),
    ],
}

BLEU_OPTIONS = [
    {},
    {"lowercase": True},
    {"tokenize": "none"},
    {"tokenize": "char"},
    {"tokenize": "intl"},
    {"tokenize": "char", "lowercase": True},
    {"tokenize": "intl", "lowercase": True},
    {"smoothing": "floor"},
    {"smoothing": "floor", "smoothingValue": 0.01},
    {"smoothing": "add-k"},
    {"smoothing": "add-k", "smoothingValue": 2.5, "effectiveOrder": True},
    {"smoothing": "none"},
    {"effectiveOrder": True},
    {"smoothing": "none", "effectiveOrder": True, "tokenize": "none"},
]

CHRF_OPTIONS = [
    {},
    {"wordOrder": 2},
    {"lowercase": True},
    {"wordOrder": 2, "lowercase": True},
    {"characterOrder": 4, "wordOrder": 1, "beta": 1},
    {"beta": 3},
]

NAMES = {
    "tokenize": "tokenize",
    "lowercase": "lowercase",
    "smoothing": "smooth_method",
    "smoothingValue": "smooth_value",
    "effectiveOrder": "effective_order",
    "characterOrder": "char_order",
    "wordOrder": "word_order",
    "beta": "beta",
}


def metric_of(kind, options):
    return kind(**{NAMES[name]: value for name, value in options.items()})


def figure_of(kind, options, hypotheses, streams):
    metric = metric_of(kind, options)
    result = metric.corpus_score(hypotheses, streams)
    figure = {
        "options": options,
        "score": result.score,
        "signature": metric.get_signature().format().rsplit("|version:", 1)[0],
    }
    if kind is CHRF:
        return {**figure, "name": result.name}
    return {
        **figure,
        "precisions": list(result.precisions),
        "brevityPenalty": result.bp,
        "hypothesisLength": result.sys_len,
        "referenceLength": result.ref_len,
    }


def case_of(name, pairs):
    hypotheses = [hypothesis for hypothesis, _ in pairs]
    references = [list(texts) for _, texts in pairs]
    streams = list(zip_longest(*references))
    return {
        "name": name,
        "hypotheses": hypotheses,
        "references": references,
        "bleu": [figure_of(BLEU, options, hypotheses, streams) for options in BLEU_OPTIONS],
        "sentenceBleu": [BLEU(effective_order=True).sentence_score(h, r).score for h, r in pairs],
        "chrf": [figure_of(CHRF, options, hypotheses, streams) for options in CHRF_OPTIONS],
        "sentenceChrf": [CHRF(word_order=2).sentence_score(h, r).score for h, r in pairs],
    }


def main():
    """One figure a line."""
    cases = [case_of(*corpus) for corpus in CORPORA.items()]
    fields = [
        ",\n".join(
            f"  {json.dumps(name)}: "
            + ("[\n" + ",\n".join(f"   {json.dumps(item)}" for item in value) + "\n  ]" if isinstance(value, list) else json.dumps(value))
            for name, value in case.items()
        )
        for case in cases
    ]
    body = ",\n".join(f" {{\n{text}\n }}" for text in fields)
    FILE.write_text(f'{{"by": "sacreBLEU {sacrebleu.__version__}", "cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    main()
