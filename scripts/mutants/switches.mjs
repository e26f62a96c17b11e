// All mutants of a TypeScript file in one text: which of them holds is chosen while the program runs.
import ts from "typescript";

const K = ts.SyntaxKind;

/**
 * The file with a switch at each place of a mutant; switchboard.mjs gives a process the switches. Each `mutant.id` is a number of its own.
 * @returns the text, and the place of each mutant that can be switched; places are numbered from `first`.
 */
export function switched(sourceFile, mutants, first) {
  const source = sourceFile.text;
  const mutantsOf = new Map();
  for (const mutant of mutants) {
    const node = isSound(source, mutant) ? placeOf(sourceFile, mutant) : undefined;
    if (node) mutantsOf.set(node, [...(mutantsOf.get(node) ?? []), mutant]);
  }
  const begins = [
    { at: sourceFile.statements[0]?.getStart(sourceFile) ?? 0, text: "const $mutants = globalThis.mutants;" },
  ];
  const ends = [];
  const places = new Map();
  // An outer place before those in it, which a mutant of the outer one leaves out.
  const nodes = [...mutantsOf.keys()].sort((a, b) => a.getStart(sourceFile) - b.getStart(sourceFile) || b.end - a.end);
  for (const [i, node] of nodes.entries()) {
    const [begin, end] = [node.getStart(sourceFile), node.getEnd()];
    const isStatement = ts.isStatement(node);
    const ways = mutantsOf.get(node).map((mutant) => {
      places.set(mutant.id, first + i);
      const text = source.slice(begin, mutant.begin) + mutant.text + source.slice(mutant.end, end);
      const holds = `$mutants.active === ${mutant.id}`;
      return isStatement ? `if (${holds}) { ${text}\n } else ` : `${holds} ? (${text}\n) : `;
    });
    const pass = `$mutants.pass(${first + i})`;
    begins.push({ at: begin, text: isStatement ? `{ ${pass}; ${ways.join("")}{ ` : `(${pass}, ${ways.join("")}(` });
    ends.unshift({ at: end, text: isStatement ? "\n} }" : "))" });
  }
  // Where places touch, the one before ends first; of those that end together the inner one, which came last, does.
  const marks = [...ends, ...begins].sort((a, b) => a.at - b.at);
  let text = "";
  let done = 0;
  for (const mark of marks) {
    text += source.slice(done, mark.at) + mark.text;
    done = mark.at;
  }
  return { text: text + source.slice(done), places };
}

/** The innermost statement or expression around a mutant that may be written twice. */
function placeOf(sourceFile, { kind, begin, end }) {
  let node = sourceFile;
  const path = [];
  const holds = (child) => child.getStart(sourceFile) <= begin && child.getEnd() >= end;
  while (node) {
    path.push(node);
    node = ts.forEachChild(node, (child) => (holds(child) ? child : undefined));
  }
  // A property is left out of the object around it, not of itself.
  const around = kind === "option" ? path.slice(0, path.findLastIndex(ts.isObjectLiteralExpression) + 1) : path;
  return around.findLast(canBeTwice);
}

const statements = new Set([K.IfStatement, K.ExpressionStatement, K.ContinueStatement, K.BreakStatement]);

function canBeTwice(node) {
  const { parent } = node;
  if (parent === undefined) return false;
  if (statements.has(node.kind)) return true;
  return ts.isExpression(node) && isValue(node) && !isTarget(node);
}

/** Whether an expression stands for its value alone: no name, no receiver of a call, no link of an optional chain. */
function isValue(node) {
  const { parent } = node;
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isSpreadElement(node)) return false;
  if (node.kind === K.SuperKeyword || node.kind === K.ImportKeyword || ts.isOmittedExpression(node)) return false;
  if (ts.isExpressionWithTypeArguments(node) || ts.isImportDeclaration(parent) || ts.isTypeNode(parent)) return false;
  if (parent.name === node || parent.propertyName === node) return false;
  if (ts.isCallExpression(node) && node.expression.kind === K.SuperKeyword) return false;
  if (parent.expression !== node) return true;
  const isMember = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  if (isMember && ts.isCallExpression(parent)) return false;
  const isLink = (node.flags & ts.NodeFlags.OptionalChain) !== 0;
  return !(isLink && (ts.isNonNullExpression(parent) || (parent.flags & ts.NodeFlags.OptionalChain) !== 0));
}

/** Whether something is assigned to an expression. */
function isTarget(node) {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= K.FirstAssignment && kind <= K.LastAssignment;
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent))
    return parent.operator === K.PlusPlusToken || parent.operator === K.MinusMinusToken;
  if (ts.isDeleteExpression(parent)) return true;
  const isPattern =
    ts.isObjectLiteralExpression(parent) || ts.isArrayLiteralExpression(parent) || ts.isPropertyAssignment(parent);
  return isPattern && isTarget(parent);
}

/** `??` beside `||` is no JavaScript; in one text it would spoil all mutants of the file. */
function isSound(source, { kind, begin, end, text }) {
  if (kind !== "boolean") return true;
  const mutated = ts.createSourceFile(
    "mutant.ts",
    source.slice(0, begin) + text + source.slice(end),
    ts.ScriptTarget.Latest,
    true,
  );
  const operatorOf = (node) => (ts.isBinaryExpression(node) ? node.operatorToken.kind : undefined);
  const isMixed = (node) => {
    const kinds = [node, node.left, node.right].map((each) => each && operatorOf(each));
    const others = kinds.slice(1);
    if (kinds[0] === K.QuestionQuestionToken)
      return others.includes(K.BarBarToken) || others.includes(K.AmpersandAmpersandToken);
    const isLogical = kinds[0] === K.BarBarToken || kinds[0] === K.AmpersandAmpersandToken;
    return isLogical && others.includes(K.QuestionQuestionToken);
  };
  const visit = (node) => isMixed(node) || ts.forEachChild(node, visit) === true;
  return !visit(mutated);
}
