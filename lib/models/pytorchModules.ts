import type { TensorInFile } from "../formats/index.js";

/** Rows of a tensor. */
export interface TensorPart {
  readonly tensor: TensorInFile;
  /** The first row, and the one after the last. Default: all. */
  readonly rows?: readonly [number, number];
}

/** The parts of a file that, one after the other, are a parameter. */
export type Parts = ReadonlyMap<string, readonly TensorPart[]>;

/** Our name of each part of `nn.TransformerEncoderLayer` and `nn.TransformerDecoderLayer`. */
const blockModules: Readonly<Record<string, string>> = {
  self_attn: "attention",
  multihead_attn: "memoryAttention",
  linear1: "feedForward.hidden",
  linear2: "feedForward.output",
  norm1: "attention.norm",
  norm3: "feedForward.norm",
};

/** A parameter of a layer of `nn.TransformerEncoder` or `nn.TransformerDecoder`. */
const blockParameter = /^(.*?)(?:layers\.)?(\d+)\.(self_attn|multihead_attn|linear[12]|norm[123])\.(.+)$/;

/**
 * Brings tensors of PyTorch's modules into the form of our layers, where the two differ: layers of a Transformer have other names, and
 * `nn.MultiheadAttention` has the weights of queries, keys and values in one matrix, or in three. All others are as they are.
 * @param own the names of the parameters.
 */
export function partsOf(named: ReadonlyMap<string, TensorInFile>, own: ReadonlySet<string>): Parts {
  const parts = new Map<string, readonly TensorPart[]>();
  for (const [name, tensor] of named) {
    const place = inBlock(name, own) ?? name;
    const [, attention = "", kind = ""] =
      /^(.*\.|)(in_proj_weight|in_proj_bias|[qkv]_proj_weight|out_proj\.\w+)$/.exec(place) ?? [];
    const isAttention = kind !== "" && own.has(`${attention}query.weight`) && own.has(`${attention}memory.weight`);
    if (!isAttention) add(parts, place, { tensor });
    else for (const [to, part] of attentionParts(kind, tensor)) add(parts, `${attention}${to}`, part);
  }
  return parts;
}

function inBlock(name: string, own: ReadonlySet<string>): string | undefined {
  const [, stack = "", layer, module = "", rest] = blockParameter.exec(name) ?? [];
  const block = `${stack}${layer}`;
  if (!own.has(`${block}.attention.query.weight`)) return undefined;
  const second = own.has(`${block}.memoryAttention.norm.weight`) ? "memoryAttention.norm" : "feedForward.norm";
  return `${block}.${blockModules[module] ?? second}.${rest}`;
}

/** Parameters of our attention for one of PyTorch's, whose rows are those of queries, then keys, then values. */
function attentionParts(kind: string, tensor: TensorInFile): [string, TensorPart][] {
  const [, output] = /^out_proj\.(\w+)$/.exec(kind) ?? [];
  if (output !== undefined) return [[`output.${output}`, { tensor }]];
  if (kind === "q_proj_weight") return [["query.weight", { tensor }]];
  if (kind.endsWith("v_proj_weight") || kind === "k_proj_weight") return [["memory.weight", { tensor }]];
  const rows = tensor.shape[0] ?? 0;
  const values = kind.slice("in_proj_".length);
  return [
    [`query.${values}`, { tensor, rows: [0, rows / 3] }],
    [`memory.${values}`, { tensor, rows: [rows / 3, rows] }],
  ];
}

/** Adds a part to a parameter's; keys stand before values, wherever the file has them. */
function add(parts: Map<string, readonly TensorPart[]>, name: string, part: TensorPart): void {
  const others = parts.get(name) ?? [];
  parts.set(name, part.tensor.name.endsWith("k_proj_weight") ? [part, ...others] : [...others, part]);
}
