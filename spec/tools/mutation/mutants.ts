import ts from 'typescript';

/** A change of one token of a module. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
  /** The expression that contains it. */
  readonly within: { readonly start: number; readonly end: number };
  /** Line number, from 1. */
  readonly line: number;
  /** Whether it is in the condition of an error, and changes only which inputs are rejected. */
  readonly isRefusal: boolean;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
};

const NAMES: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  trunc: 'ceil',
  sin: 'cos',
  cos: 'sin',
  add: 'sub',
  sub: 'add',
  mul: 'div',
  some: 'every',
  every: 'some',
};

/** All mutants of a module: operators, numbers, booleans, conditions, and names of arithmetic functions. */
export function mutantsOf(text: string): Mutant[] {
  const source = ts.createSourceFile('module.ts', text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  const refusals: ts.Expression[] = [];
  const add = (node: ts.Node, ...replacements: string[]) => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    const expression = evaluatedWith(node);
    const within = { start: expression.getStart(source), end: expression.getEnd() };
    const isRefusal = refusals.some((condition) => condition.pos <= start && end <= condition.end);
    for (const to of replacements) {
      mutants.push({ start, end, from: text.slice(start, end), to, within, line, isRefusal });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node) && throwsOnly(node.thenStatement)) refusals.push(node.expression);
    // Types and imports compute nothing; thrown values are only messages.
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isPropertyAssignment(node)) {
      // A property name is not an expression.
      visit(node.initializer);
      return;
    }
    if (ts.isBinaryExpression(node)) {
      add(node.operatorToken, ...(OPERATORS[node.operatorToken.getText(source)] ?? []));
    } else if (ts.isNumericLiteral(node)) {
      add(node, Number(node.text) === 0 ? '1' : `(${node.text} * 1.5)`);
    } else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
      add(node, node.operand.getText(source));
    } else if (ts.isPropertyAccessExpression(node) && NAMES[node.name.text]) add(node.name, NAMES[node.name.text]!);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

function throwsOnly(statement: ts.Statement): boolean {
  if (ts.isBlock(statement)) return statement.statements.length === 1 && throwsOnly(statement.statements[0]!);
  return ts.isThrowStatement(statement);
}

/** The smallest expression that is evaluated if and only if a node is. */
function evaluatedWith(node: ts.Node): ts.Node {
  if (ts.isBinaryExpression(node.parent) && node.parent.operatorToken === node) return node.parent;
  if (!ts.isPropertyAccessExpression(node.parent) || node.parent.name !== node) return node;
  const access = node.parent;
  return ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : access;
}
