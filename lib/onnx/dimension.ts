/** A size, or a number of an op, that depends on sizes which the caller of a graph chooses: factor · product of symbols + rest. */
export interface Expression {
  readonly factor: number;
  readonly symbols: readonly string[];
  readonly rest: number;
}

export type Dimension = number | Expression;

/** The sizes that stand for the symbols in one recording of a program. */
export type Sizes = Readonly<Record<string, number>>;

/** Primes for each of some sizes, whose steps from recording to recording differ, so that sizes have nothing in common. */
type SizeTable = readonly (readonly [number, number, number])[];

/** Tables of small and of larger sizes. */
export const sizeTables: readonly SizeTable[] = [
  [
    [5, 17, 31],
    [7, 13, 37],
    [11, 29, 41],
    [19, 23, 43],
    [3, 47, 53],
  ],
  [
    [211, 293, 461],
    [223, 251, 503],
    [227, 421, 541],
    [229, 307, 601],
    [233, 491, 547],
  ],
];

/** Sizes of three recordings of one program, from which its dimensions can be told; below the largest that it takes. */
export function sizesFor(
  symbols: readonly string[],
  { table, largest = {} }: { table: SizeTable; largest?: Sizes | undefined },
): Sizes[] {
  const sizeIn = (recording: number, symbol: string, i: number): number => {
    const own = table[i] as readonly number[];
    const most = largest[symbol] ?? Number.POSITIVE_INFINITY;
    return (own[2] as number) < most ? (own[recording] as number) : most - 3 + recording;
  };
  return [0, 1, 2].map((recording) =>
    Object.fromEntries(symbols.map((symbol, i) => [symbol, sizeIn(recording, symbol, i)])),
  );
}

/**
 * The number that three recordings have at one place, in terms of their sizes; undefined where it is none that this form can say.
 * Two recordings would do; the third makes chance impossible.
 */
export function dimensionOf(values: readonly number[], sizes: readonly Sizes[]): Dimension | undefined {
  const [a, b] = values as [number, number];
  if (values.every((value) => value === a)) return a;
  const products = sizes.map(
    (own) => (symbols: readonly string[]) => productOf(symbols.map((symbol) => own[symbol] as number)),
  );
  const [first, second] = products as [(symbols: readonly string[]) => number, (symbols: readonly string[]) => number];
  const found = subsets(Object.keys(sizes[0] as Sizes)).flatMap((symbols): Expression[] => {
    const factor = (b - a) / (second(symbols) - first(symbols));
    const rest = a - factor * first(symbols);
    const fits = values.every((value, i) => factor * (products[i]?.(symbols) ?? 0) + rest === value);
    return Number.isInteger(factor) && fits ? [{ factor, symbols, rest }] : [];
  });
  return found.sort((one, other) => Math.abs(one.rest) - Math.abs(other.rest))[0];
}

export function sameDimension(a: Dimension | undefined, b: Dimension | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.factor === b.factor && a.rest === b.rest && a.symbols.join() === b.symbols.join();
}

/** Some of the symbols, at least one: few first. */
function subsets(symbols: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const symbol of symbols) all.push(...all.map((set) => [...set, symbol]));
  return all.slice(1).sort((a, b) => a.length - b.length);
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1);
}
