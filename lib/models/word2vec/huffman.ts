/** The ways from the root of a binary tree to its leaves, which are words. */
export interface WordTree {
  /** i32: for each word the inner nodes on its way, as 2 node + bit; those of word v at starts[v]..starts[v+1]-1. */
  readonly paths: Int32Array;
  /** i32 [V+1] */
  readonly starts: Int32Array;
  /** Nodes of the longest way. */
  readonly longest: number;
}

/**
 * The tree of Huffman (1952) over the counts of words, by which hierarchical softmax (Morin & Bengio 2005) asks the fewest questions
 * of frequent words. Words of count 0 are left out: they have no way. The root is node V - 2 of V words; node n joins the two rarest of
 * what is left, the earlier one first, and the rarer has the bit 1.
 */
export function wordTree(counts: ArrayLike<number>): WordTree {
  const V = counts.length;
  const leaves = Array.from({ length: V }, (_, id) => id).filter((id) => (counts[id] as number) > 0);
  leaves.sort((a, b) => (counts[a] as number) - (counts[b] as number) || b - a);
  // Nodes are made in the order of their counts, so the rarest of all is the next leaf or the next node.
  const inner = Math.max(0, leaves.length - 1);
  const sums = new Float64Array(inner);
  // Parents of leaves (by their rank) and of inner nodes, as 2 node + bit.
  const [leafParent, nodeParent] = [new Int32Array(leaves.length), new Int32Array(inner)];
  let [leaf, node] = [0, 0];
  for (let made = 0; made < inner; made++) {
    for (const bit of [1, 0]) {
      const count = leaf < leaves.length ? (counts[leaves[leaf] as number] as number) : Number.POSITIVE_INFINITY;
      const isLeaf = node >= made || count <= (sums[node] as number);
      sums[made] = (sums[made] as number) + (isLeaf ? count : (sums[node] as number));
      if (isLeaf) leafParent[leaf++] = 2 * made + bit;
      else nodeParent[node++] = 2 * made + bit;
    }
  }
  const ways: number[][] = Array.from({ length: V }, () => []);
  for (const [rank, word] of leaves.entries()) {
    const way: number[] = [];
    for (let step = leafParent[rank] as number; inner > 0; step = nodeParent[step >> 1] as number) {
      way.push(step);
      if (step >> 1 === inner - 1) break;
    }
    ways[word] = way.reverse();
  }
  const starts = new Int32Array(V + 1);
  for (const [word, way] of ways.entries()) starts[word + 1] = (starts[word] as number) + way.length;
  const longest = ways.reduce((most, { length }) => Math.max(most, length), 0);
  return { paths: Int32Array.from(ways.flat()), starts, longest };
}
