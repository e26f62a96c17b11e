// Mutants of one TypeScript file: small changes of its code that a test should notice. Messages are left alone.
import ts from "typescript";

const K = ts.SyntaxKind;

/** Operators that may stand in each other's place, by kind of mutant. */
const swaps = {
  comparison: [
    [K.LessThanToken, ["<=", ">="]],
    [K.LessThanEqualsToken, ["<", ">"]],
    [K.GreaterThanToken, [">=", "<="]],
    [K.GreaterThanEqualsToken, [">", "<"]],
    [K.EqualsEqualsEqualsToken, ["!=="]],
    [K.ExclamationEqualsEqualsToken, ["==="]],
  ],
  arithmetic: [
    [K.PlusToken, ["-"]],
    [K.MinusToken, ["+"]],
    [K.AsteriskToken, ["/"]],
    [K.SlashToken, ["*"]],
    [K.PercentToken, ["*"]],
    [K.PlusEqualsToken, ["-="]],
    [K.MinusEqualsToken, ["+="]],
    [K.LessThanLessThanToken, [">>"]],
    [K.GreaterThanGreaterThanGreaterThanToken, ["<<"]],
  ],
  boolean: [
    [K.AmpersandAmpersandToken, ["||"]],
    [K.BarBarToken, ["&&"]],
    [K.QuestionQuestionToken, ["||"]],
  ],
};
const swapsOf = new Map(
  Object.entries(swaps).flatMap(([kind, rows]) => rows.map(([token, texts]) => [token, { kind, texts }])),
);

/** Names of methods whose call can be left out of a chain. */
const removable = new Set(
  "sort reverse filter slice trim trimEnd toLowerCase toSorted flat normalize padEnd padStart replace replaceAll".split(
    " ",
  ),
);

/** All mutants of a file: { kind, begin, end, text, line }, of which text replaces what stands from begin to end. */
export function mutantsOf(sourceFile) {
  const found = [];
  const source = sourceFile.text;
  const add = (kind, node, text, { begin = node.getStart(sourceFile), end = node.getEnd() } = {}) => {
    const line = sourceFile.getLineAndCharacterOfPosition(begin).line + 1;
    found.push({ kind, begin, end, text, line });
  };
  const textOf = (node) => source.slice(node.getStart(sourceFile), node.getEnd());

  const visit = (node) => {
    if (isSkipped(node)) return;
    if (ts.isBinaryExpression(node)) {
      const { operatorToken: operator } = node;
      const swap = swapsOf.get(operator.kind);
      for (const text of swap?.texts ?? []) add(swap.kind, operator, text);
    } else if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === K.ExclamationToken) add("boolean", node, `(${textOf(node.operand)})`);
      if (node.operator === K.MinusToken) add("arithmetic", node, `(${textOf(node.operand)})`);
    } else if (ts.isPostfixUnaryExpression(node)) {
      add("arithmetic", node, textOf(node.operand) + (node.operator === K.PlusPlusToken ? "--" : "++"));
    } else if (node.kind === K.TrueKeyword || node.kind === K.FalseKeyword) {
      add("boolean", node, node.kind === K.TrueKeyword ? "false" : "true");
    } else if (ts.isNumericLiteral(node)) {
      const value = Number(node.text);
      add("constant", node, Number.isInteger(value) ? String(value + 1) : String(2 * value));
      if (value === 1) add("constant", node, "0");
    } else if (ts.isStringLiteral(node) && isValue(node)) {
      add("constant", node, node.text === "" ? '"mutant"' : '""');
    } else if (ts.isConditionalExpression(node)) {
      add("branches", node, `${textOf(node.condition)} ? ${textOf(node.whenFalse)} : ${textOf(node.whenTrue)}`);
    } else if (ts.isIfStatement(node)) {
      const { expression, thenStatement, elseStatement } = node;
      if (elseStatement && !ts.isIfStatement(elseStatement)) {
        const [one, other] = [textOf(thenStatement), textOf(elseStatement)];
        add("branches", node, `if (${textOf(expression)}) ${other} else ${one}`);
      } else if (!elseStatement) {
        add("statement", node, "");
        if (!leaves(thenStatement)) add("branches", expression, "true");
      }
    } else if (ts.isExpressionStatement(node) && isWork(node.expression)) {
      add("statement", node, ";");
    } else if (ts.isContinueStatement(node) || ts.isBreakStatement(node)) {
      if (!ts.isCaseClause(node.parent)) add("statement", node, ";");
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: object, name } = node.expression;
      if (removable.has(name.text)) add("call", node, textOf(object));
    } else if (ts.isObjectLiteralExpression(node)) {
      for (const property of node.properties) {
        const optional =
          ts.isSpreadAssignment(property) ||
          ts.isPropertyAssignment(property) ||
          ts.isShorthandPropertyAssignment(property);
        if (!optional) continue;
        const end = property.getEnd() + (/^\s*,/.exec(source.slice(property.getEnd()))?.[0].length ?? 0);
        add("option", property, "", { end });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return found;
}

/** Types have no meaning while running; imports and messages are nobody's claim. */
function isSkipped(node) {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isThrowStatement(node)) return true;
  return ts.isNewExpression(node) && /Error$/.test(node.expression.getText());
}

/** Whether a text is a default or is compared: other texts are names and messages. */
function isValue({ parent }) {
  if (ts.isBindingElement(parent) || ts.isParameter(parent)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === "initial";
  if (!ts.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  return (
    kind === K.QuestionQuestionToken || kind === K.EqualsEqualsEqualsToken || kind === K.ExclamationEqualsEqualsToken
  );
}

/** Whether a statement only throws or leaves: its condition made true would fail every test. */
function leaves(statement) {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement;
  return (
    last !== undefined && (ts.isThrowStatement(last) || ts.isReturnStatement(last) || ts.isContinueStatement(last))
  );
}

/** Calls, assignments and counting: statements that do something. */
function isWork(expression) {
  const inner = ts.isAwaitExpression(expression) ? expression.expression : expression;
  if (ts.isCallExpression(inner)) return inner.expression.kind !== K.SuperKeyword;
  if (ts.isBinaryExpression(inner))
    return inner.operatorToken.kind >= K.FirstAssignment && inner.operatorToken.kind <= K.LastAssignment;
  return ts.isPostfixUnaryExpression(inner) || ts.isPrefixUnaryExpression(inner);
}
