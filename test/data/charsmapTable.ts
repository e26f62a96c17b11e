/**
 * The precompiled_charsmap of a SentencePiece normalizer: a double-array tree in which every node has 256 places of its own,
 * and the replacements.
 */
export function charsmapOf(replacements: Readonly<Record<string, string>>): string {
  interface Node {
    block: number;
    children: Map<number, Node>;
    value?: number;
  }
  const nodes: Node[] = [];
  const makeNode = (): Node => {
    const node = { block: nodes.length + 1, children: new Map<number, Node>() };
    nodes.push(node);
    return node;
  };
  const root = makeNode();
  const texts: Buffer[] = [];
  let length = 0;
  for (const [key, text] of Object.entries(replacements)) {
    let node = root;
    for (const byte of Buffer.from(key)) {
      const child = node.children.get(byte) ?? makeNode();
      node.children.set(byte, child);
      node = child;
    }
    node.value = length;
    texts.push(Buffer.from(`${text}\0`));
    length += Buffer.byteLength(text) + 1;
  }
  const units = new Uint32Array((nodes.length + 1) * 256);
  const unitOf = (at: number, label: number, { block, value }: Node) =>
    (label | (value === undefined ? 0 : 1 << 8) | ((at ^ (block * 256)) << 10)) >>> 0;
  units[0] = unitOf(0, 0, root);
  for (const node of nodes) {
    if (node.value !== undefined) units[node.block * 256] = node.value;
    for (const [byte, child] of node.children) {
      const at = node.block * 256 + byte;
      units[at] = unitOf(at, byte, child);
    }
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(units.byteLength);
  return Buffer.concat([size, Buffer.from(units.buffer), ...texts]).toString("base64");
}
