# Word vectors by gensim: reads {"text", "out", ...} from its argument, trains, writes vectors, prints {"seconds", "words"}.
import json
import sys
import time

from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence

task = json.loads(sys.argv[1])
model = Word2Vec(
    vector_size=task["size"],
    window=task["window"],
    min_count=task["minimumCount"],
    sample=task["sample"],
    negative=0 if task["objective"] == "hierarchical" else task["negatives"],
    hs=1 if task["objective"] == "hierarchical" else 0,
    sg=0 if task["architecture"] == "cbow" else 1,
    alpha=task["learningRate"],
    workers=task["threads"],
    seed=task["seed"],
    epochs=task["epochs"],
)
# The text in memory, as both others have it after their first pass.
sentences = [sentence for sentence in LineSentence(task["text"])]
model.build_vocab(sentences)
start = time.perf_counter()
model.train(sentences, total_examples=model.corpus_count, epochs=task["epochs"])
seconds = time.perf_counter() - start
model.wv.save_word2vec_format(task["out"], binary=True)
words = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
print(json.dumps({"seconds": seconds, "words": int(words)}))
