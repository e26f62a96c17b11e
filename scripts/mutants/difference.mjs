// The change of a mutant, for people.

/** The lines in which `changed` differs from `source`. */
export function difference({ source, changed }) {
  const [before, after] = [source.split("\n"), changed.split("\n")];
  let begin = 0;
  while (before[begin] === after[begin]) begin++;
  let end = 0;
  while (end < before.length - begin && end < after.length - begin && before.at(-1 - end) === after.at(-1 - end)) end++;
  const lines = (all, sign) => all.slice(begin, all.length - end).map((line) => `    ${sign} ${line.trim()}`);
  return [...lines(before, "-"), ...lines(after, "+")].join("\n");
}
