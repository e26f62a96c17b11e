// Probes in the text of a TypeScript file: each reports, the first time that a process passes it.
import ts from "typescript";

const K = ts.SyntaxKind;

/** Statements that run nothing by themselves. */
const silent = new Set([
  K.Block,
  K.ImportDeclaration,
  K.ExportDeclaration,
  K.InterfaceDeclaration,
  K.TypeAliasDeclaration,
  K.FunctionDeclaration,
]);

/**
 * The parts of a file that run or do not, each as a whole: statements, bodies of arrow functions, branches of expressions, defaults.
 * @returns { begin, end, marks } each, an outer part before those in it; marks are the texts around it that make room for a probe.
 */
export function partsOf(sourceFile) {
  const parts = [];
  const visit = (node) => {
    if (ts.isTypeNode(node)) return;
    const marks = marksOf(node);
    if (marks) parts.push({ begin: node.getStart(sourceFile), end: node.getEnd(), marks });
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return parts;
}

/** The innermost part of a file that holds a position. */
export function partAt(parts, position) {
  return parts.findLast(({ begin, end }) => begin <= position && position < end);
}

/** The file with a probe in each part; reached.mjs gives a process the probes of a file. */
export function probed(sourceFile, file) {
  const given = `globalThis.reached?.(${JSON.stringify(file)}, ${sourceFile.text.length})`;
  const head = `const $probes = ${given} ?? { seen: [], report() {} };`;
  // Not at the very front, where a script names its interpreter.
  const begins = [{ at: sourceFile.statements[0]?.getStart(sourceFile) ?? 0, text: head }];
  const ends = [];
  for (const { begin, end, marks } of partsOf(sourceFile)) {
    begins.push({ at: begin, text: marks.begin(`$probes.seen[${begin}] || $probes.report(${begin})`) });
    ends.unshift({ at: end, text: marks.end });
  }
  // Where parts touch, the one before ends first; of those that end together the inner one, which came last, does.
  const marks = [...ends, ...begins].sort((a, b) => a.at - b.at);
  let text = "";
  let done = 0;
  for (const mark of marks) {
    text += sourceFile.text.slice(done, mark.at) + mark.text;
    done = mark.at;
  }
  return text + sourceFile.text.slice(done);
}

const before = { begin: (probe) => `${probe};`, end: "" };
const inBraces = { begin: (probe) => `{ ${probe}; `, end: " }" };
const inBrackets = { begin: (probe) => `(${probe}, `, end: ")" };

/** How a probe is written into a node, or undefined where none can be or none is of use. */
function marksOf(node) {
  const { parent } = node;
  if (parent === undefined) return undefined;
  if (ts.isStatement(node)) {
    if (silent.has(node.kind) || ts.isLabeledStatement(parent)) return undefined;
    if (ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent)) return before;
    return inBraces;
  }
  return isBranch(node, parent) ? inBrackets : undefined;
}

/** Whether an expression may be left out while what is around it runs. */
function isBranch(node, parent) {
  if (ts.isArrowFunction(parent)) return node === parent.body && !ts.isBlock(node);
  if (ts.isConditionalExpression(parent)) return node === parent.whenTrue || node === parent.whenFalse;
  if (ts.isParameter(parent) || ts.isBindingElement(parent) || ts.isPropertyDeclaration(parent))
    return node === parent.initializer;
  if (!ts.isBinaryExpression(parent) || node !== parent.right) return false;
  const { kind } = parent.operatorToken;
  return kind === K.AmpersandAmpersandToken || kind === K.BarBarToken || kind === K.QuestionQuestionToken;
}
