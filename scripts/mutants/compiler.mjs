// Which mutants are TypeScript that compiles: the compiler's language service with one file changed at a time.
import { join } from "node:path";
import ts from "typescript";

/** The file of dist that a file of lib becomes. */
export function builtFrom(file) {
  return file.replace(/^lib/, "dist").replace(/\.ts$/, ".js");
}

/** The project of tsconfig.build.json in `root`. */
export class Compiler {
  #changed = new Map();
  #version = 0;

  constructor(root) {
    const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.build.json"), undefined, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
      },
    });
    this.options = config.options;
    this.files = config.fileNames;
    this.service = ts.createLanguageService({
      ...ts.sys,
      getScriptFileNames: () => this.files,
      getScriptVersion: (file) => this.#changed.get(file)?.version ?? "0",
      getScriptSnapshot: (file) => {
        const text = this.#changed.get(file)?.text ?? ts.sys.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getCompilationSettings: () => this.options,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    });
  }

  /** A file's syntax tree. */
  sourceFile(file) {
    return this.service.getProgram().getSourceFile(file);
  }

  /** Whether the project still compiles when a file holds this text: it, and the files that import it. */
  compiles(file, text) {
    this.#changed.set(file, { text, version: String(++this.#version) });
    const checked = [file, ...this.#importers(file)];
    const errors = checked.some(
      (path) =>
        this.service.getSyntacticDiagnostics(path).length > 0 || this.service.getSemanticDiagnostics(path).length > 0,
    );
    this.#changed.delete(file);
    return !errors;
  }

  /** The file as JavaScript. */
  javascript(file, text) {
    // One file alone does not know the package, which says that its modules are ES modules.
    const compilerOptions = { ...this.options, module: ts.ModuleKind.ESNext };
    return ts.transpileModule(text, { fileName: file, compilerOptions }).outputText;
  }

  #importers(file) {
    return this.files.filter((path) =>
      this.sourceFile(path)?.imports?.some(({ text }) => text.startsWith(".") && resolved(path, text) === file),
    );
  }
}

function resolved(from, specifier) {
  return join(from, "..", specifier).replace(/\.js$/, ".ts");
}
