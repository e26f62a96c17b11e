import type { OnnxBuilder, OnnxValue } from "../builder.js";
import type { Translations } from "../call.js";
import type { Dimension } from "../dimension.js";

/** Types in the attribute `to` of Cast: those of indices, and of truth values. */
const [int64, bool] = [7, 9];

/** Cells step by step, and the whole numbers that steps of models keep. */
export const steps: Translations = {
  lstmCell({ builder, operand, result }) {
    const [a, c] = [operand("a"), operand("c")];
    const [i, f, g, o] = gates(builder, a, 4) as [string, string, string, string];
    const sigmoid = (x: string) => builder.node("Sigmoid", [x]);
    const kept = builder.node("Mul", [sigmoid(f), c]);
    const added = builder.node("Mul", [sigmoid(i), builder.node("Tanh", [g])]);
    const next = builder.node("Add", [kept, added], {}, [result("cNext").name]);
    builder.node("Mul", [sigmoid(o), builder.node("Tanh", [next])], {}, [result("h").name]);
  },
  gruCell({ builder, operand, result }) {
    const [a, p, h] = [operand("a"), operand("p"), operand("h")];
    const [ar, az, an] = gates(builder, a, 3) as [string, string, string];
    const [pr, pz, pn] = gates(builder, p, 3) as [string, string, string];
    const r = builder.node("Sigmoid", [builder.node("Add", [ar, pr])]);
    const z = builder.node("Sigmoid", [builder.node("Add", [az, pz])]);
    const n = builder.node("Tanh", [builder.node("Add", [an, builder.node("Mul", [r, pn])])]);
    const change = builder.node("Mul", [z, builder.node("Sub", [h, n])]);
    builder.node("Add", [n, change], {}, [result("hNext").name]);
  },
  restart({ builder, operand, number, result }) {
    const ids = operand("ids");
    const begin = builder.integers([number("begin")]);
    const ends = builder.node("Equal", [ids, builder.integers([number("end")])]);
    const read = builder.node("Where", [ends, begin, ids], {}, [result("read").name]);
    const begins = builder.reshape(builder.node("Equal", [read, begin]), result("keep").shape);
    builder.node("Where", [begins, builder.floats([0]), builder.floats([1])], {}, [result("keep").name]);
  },
  keepIds({ builder, operand, result }) {
    const [ids, keep] = [operand("ids"), operand("keep")];
    const stays = builder.node("Cast", [keep], { to: bool });
    const column = ids.shape.map((size, axis) => (axis === 0 ? size : 1));
    const fits = keep.shape.length === 0 || column.length === 2;
    const spread = fits ? stays : builder.reshape(stays, column);
    builder.node("Where", [spread, ids, builder.integers([0])], {}, [result("kept").name]);
  },
  nextPositions({ builder, operand, number, result }) {
    const next = result("next").name;
    const one = builder.integers([1]);
    const modulus = number("modulus");
    if (modulus === 0) builder.node("Add", [operand("positions"), one], {}, [next]);
    else
      builder.node("Mod", [builder.node("Add", [operand("positions"), one]), builder.integers([modulus])], {}, [next]);
  },
  lineage({ builder, operand, result }) {
    const [before, times] = [operand("before"), operand("times")];
    const [N, L] = before.shape as [Dimension, number];
    const places = placesOf(builder, times, { N, L });
    builder.node("ScatterND", [before, places, builder.range(N)], {}, [result("after").name]);
  },
  keepRow({ builder, operand, result }) {
    const [cache, row, times] = [operand("cache"), operand("row"), operand("times")];
    const [N, W] = row.shape as [Dimension, number];
    const L = (cache.shape[1] as number) / W;
    const rows = builder.reshape(cache, [N, L, W]);
    const after = builder.node("ScatterND", [rows, placesOf(builder, times, { N, L }), row]);
    builder.reshape(after, cache.shape, [result("after").name]);
  },
  cachedAttention({ builder, operand, number, result }) {
    const [query, cache, lineage] = [operand("query"), operand("cache"), operand("lineage")];
    const [N, F] = query.shape as [Dimension, number];
    const L = lineage.shape[1] as number;
    const [h, D] = [number("heads"), F / number("heads")];
    // Row lineage[n,l] of the cache, at place l: [N,L,2F].
    const places = builder.node("Expand", [builder.longs([...Array(L).keys()], [1, L, 1]), builder.sizes([N, L, 1])]);
    const rows = builder.node("Unsqueeze", [builder.node("Cast", [lineage], { to: int64 }), builder.axes(2)]);
    const read = builder.node("GatherND", [
      builder.reshape(cache, [N, L, 2 * F]),
      builder.node("Concat", [rows, places], { axis: 2 }),
    ]);
    const half = (which: 0 | 1) => {
      const part = builder.node("Slice", [
        read,
        builder.longs([which * F]),
        builder.longs([(which + 1) * F]),
        builder.axes(2),
      ]);
      // [N,h,L,D]
      return builder.node("Transpose", [builder.reshape(part, [N, L, h, D])], { perm: [0, 2, 1, 3] });
    };
    const q = builder.reshape(query, [N, h, 1, D]);
    const product = builder.node("MatMul", [q, builder.node("Transpose", [half(0)], { perm: [0, 1, 3, 2] })]);
    const scores = builder.node("Mul", [product, builder.floats([number("scale")])]);
    const seen = seenPlaces(builder, operand("times"), operand("positions"), L);
    const weights = builder.node("Softmax", [builder.node("Where", [seen, scores, builder.floats([-1e30])])], {
      axis: -1,
    });
    builder.reshape(builder.node("MatMul", [weights, half(1)]), [N, F], [result("context").name]);
  },
  rotary({ builder, operand, optional, number, result }) {
    const [x, positions] = [operand("x"), optional("positions")];
    const [T, B, W] = x.shape as [Dimension, Dimension, number];
    const [h, size] = [number("heads"), number("size")];
    const half = size / h / 2;
    const steps = builder.node("Unsqueeze", [builder.range(T), builder.axes(1)]);
    const places = positions
      ? builder.node("Add", [steps, builder.node("Unsqueeze", [positions, builder.axes(0)])])
      : steps;
    const frequencies = Array.from({ length: half }, (_, i) => number("base") ** (-i / half) * number("direction"));
    // [T,B,1,D/2], B or 1
    const axes = builder.axes(2, 3);
    const angles = builder.node("Mul", [
      builder.node("Unsqueeze", [builder.node("Cast", [places], { to: 1 }), axes]),
      builder.floats(frequencies, [half]),
    ]);
    const [sin, cos] = [builder.node("Sin", [angles]), builder.node("Cos", [angles])];
    const turned = builder.node("Slice", [x, builder.longs([0]), builder.longs([size]), builder.axes(2)]);
    const rows = builder.reshape(turned, [T, B, h, 2 * half]);
    const part = (from: number) =>
      builder.node("Slice", [rows, builder.longs([from]), builder.longs([from + half]), builder.axes(3)]);
    const [a, b] = [part(0), part(half)];
    const product = (left: string, right: string) => builder.node("Mul", [left, right]);
    const first = builder.node("Sub", [product(a, cos), product(b, sin)]);
    const second = builder.node("Add", [product(b, cos), product(a, sin)]);
    const joined = builder.reshape(builder.node("Concat", [first, second], { axis: 3 }), [T, B, size]);
    const rest = builder.node("Slice", [x, builder.longs([size]), builder.longs([W]), builder.axes(2)]);
    if (size === W) builder.node("Identity", [joined], {}, [result("y").name]);
    else builder.node("Concat", [joined, rest], { axis: 2 }, [result("y").name]);
  },
};

function gates(builder: OnnxBuilder, all: OnnxValue, count: number): string[] {
  const names = Array.from({ length: count }, () => builder.fresh("gate"));
  builder.node("Split", [all], { axis: 1 }, names);
  return names;
}

/** The pairs (n, times[n] mod L), i64 [N,2]. */
function placesOf(builder: OnnxBuilder, times: OnnxValue, { N, L }: { N: Dimension; L: number }): string {
  const place = builder.node("Mod", [times, builder.integers([L])]);
  const pair = [builder.range(N), place].map((column) => builder.node("Unsqueeze", [column, builder.axes(1)]));
  return builder.node("Cast", [builder.node("Concat", pair, { axis: 1 })], { to: int64 });
}

/**
 * Which of L places a row sees, bool [N,1,1,L]: place l holds the time that is (times[n] - l) mod L steps ago, of which there are
 * positions[n] + 1.
 */
function seenPlaces(builder: OnnxBuilder, times: OnnxValue, positions: OnnxValue, L: number): string {
  const places = builder.integers([...Array(L).keys()], [1, L]);
  const column = (value: OnnxValue) => builder.node("Unsqueeze", [value, builder.axes(1)]);
  // Mod has the sign of the divisor for whole numbers.
  const age = builder.node("Mod", [builder.node("Sub", [column(times), places]), builder.integers([L])]);
  return builder.node("Unsqueeze", [builder.node("LessOrEqual", [age, column(positions)]), builder.axes(1, 2)]);
}
