import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A parameter of a public function, method or constructor that is an object of options. */
export interface OptionParameter {
  /** "readPairTable", "LanguageModel.generate"; a constructor has the name of its class. */
  readonly of: string;
  readonly position: number;
  /** Names of the options. */
  readonly options: readonly string[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** All such parameters under what lib/index.ts exports, as the types say. */
export function optionParameters(): OptionParameter[] {
  const { options } = ts.getParsedCommandLineOfConfigFile(`${root}tsconfig.json`, {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  } as ts.ParseConfigFileHost) as ts.ParsedCommandLine;
  const program = ts.createProgram([`${root}lib/index.ts`], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const found = new Map<string, OptionParameter>();

  const visitCalls = (of: string, signatures: readonly ts.Signature[]) => {
    for (const signature of signatures) {
      for (const [position, parameter] of signature.parameters.entries()) {
        const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
        if (isOptions(type)) found.set(`${of} ${position}`, { of, position, options: namesIn(type) });
      }
    }
  };

  /** Options are an object of which something may be left out, and no thing that does something. */
  const isOptions = (type: ts.Type): boolean => {
    if (type.isUnion() || !(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return false;
    if (checker.isArrayType(type) || checker.isTupleType(type) || type.isClass()) return false;
    if (type.getCallSignatures().length > 0 || type.getStringIndexType()) return false;
    const members = type.getProperties();
    const isMethod = (member: ts.Symbol) => checker.getTypeOfSymbol(member).getCallSignatures().length > 0;
    return members.some(mayBeMissing) && members.every((member) => mayBeMissing(member) || !isMethod(member));
  };

  const visitMembers = (owner: string, members: readonly ts.Symbol[]) => {
    for (const member of members) {
      const node = member.valueDeclaration;
      if (!node || isHidden(node) || !node.getSourceFile().fileName.startsWith(`${root}lib/`)) continue;
      // An inherited method belongs to the class that has it.
      const name = ts.isClassLike(node.parent) ? (node.parent.name?.text ?? owner) : owner;
      visitCalls(`${name}.${member.name}`, checker.getTypeOfSymbol(member).getCallSignatures());
    }
  };

  const index = checker.getSymbolAtLocation(program.getSourceFile(`${root}lib/index.ts`) as ts.Node) as ts.Symbol;
  for (const exported of checker.getExportsOfModule(index)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!(symbol.flags & ts.SymbolFlags.Value)) continue;
    const type = checker.getTypeOfSymbol(symbol);
    const [specifier] = exported.declarations ?? [];
    const isType = specifier !== undefined && ts.isTypeOnlyExportDeclaration(specifier);
    const makers = type.getConstructSignatures().filter(({ declaration }) => !declaration || !isHidden(declaration));
    visitCalls(exported.name, [...type.getCallSignatures(), ...(isType ? [] : makers)]);
    if (type.getCallSignatures().length === 0) visitMembers(exported.name, type.getProperties());
    for (const maker of type.getConstructSignatures())
      visitMembers(exported.name, maker.getReturnType().getProperties());
  }
  return [...found.values()];
}

function namesIn(type: ts.Type): string[] {
  // Symbols are the library's own.
  return type.getProperties().flatMap(({ name }) => (name.startsWith("__@") ? [] : [name]));
}

function mayBeMissing({ flags }: ts.Symbol): boolean {
  return (flags & ts.SymbolFlags.Optional) !== 0;
}

function isHidden(node: ts.Declaration): boolean {
  if (ts.isClassElement(node) && node.name && ts.isPrivateIdentifier(node.name)) return true;
  return (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
}
