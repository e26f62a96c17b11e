// A search over a step of your own: the cheapest way through a grid, as beam search and as what it is measured against.
//
// A step takes the last token of each hypothesis and whatever state it carries, and gives log-probabilities of the next token and the
// state after it. Here a token is a move (0 ends the walk, 1 goes right, 2 goes down), and the state is where the walk has come to.
//
// node examples/own-search-step.mjs
import { beamSearch } from "ostinato";

const costs = [
  [1, 3, 1, 2],
  [1, 5, 1, 1],
  [4, 2, 9, 1],
];
const [rows, columns] = [costs.length, costs[0].length];
const [end, right, down] = [0, 1, 2];

/** The places that the walks come to, and the logarithms of the "probabilities" of their next moves: minus the cost of a move. */
function step(ids, states) {
  const places = states.map(({ row, column }, n) => ({
    row: row + (ids[n] === down ? 1 : 0),
    column: column + (ids[n] === right ? 1 : 0),
  }));
  const logProbabilities = places.map(({ row, column }) => {
    const isThere = row === rows - 1 && column === columns - 1;
    const cost = (isPossible, r, c) => (isPossible ? -costs[r][c] : -Infinity);
    return Float32Array.of(
      isThere ? 0 : -Infinity,
      cost(column + 1 < columns, row, column + 1),
      cost(row + 1 < rows, row + 1, column),
    );
  });
  return { logProbabilities, states: places };
}

const { hypotheses } = await beamSearch(step, { row: 0, column: 0 }, { begin: end, end, beams: 4, nBest: 3, maximumLength: rows + columns });
for (const { ids, score } of hypotheses) {
  const moves = ids.filter((id) => id !== end).map((id) => (id === right ? "right" : "down"));
  console.log(`cost ${costs[0][0] - score}: ${moves.join(", ")}`);
}
