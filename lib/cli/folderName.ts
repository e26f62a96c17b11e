import { existsSync } from "node:fs";
import { parse } from "node:path";
import { FileError } from "../errors.js";

/**
 * The folder of a model that is named after the file that it learns from: "names" for names.txt, in the current folder.
 * @param options.taken whether the folder may be there: to be resumed, or overwritten.
 * @throws FileError if something of that name is there already.
 */
export function folderNamedAfter(file: string, { taken }: { taken: boolean }): string {
  const { name, ext } = parse(file);
  const folder = ext === "" ? `${name}-model` : name;
  if (taken || !existsSync(folder)) return folder;
  throw new FileError(
    `train: a model of ${file} would go to ${folder}, and that is there already. Name a folder (--out), go on with the training in ` +
      "it (--resume), or replace it (--overwrite).",
  );
}
