import type { OptionsOf } from "../options.js";
import { completeOptions, option, optional, table } from "../options.js";
import { columnRule, Table, tableRules } from "./table.js";

/** The captions of an image, as a table has them. */
export interface ImageCaptions {
  /** The name of the image. */
  readonly image: string;
  readonly captions: readonly string[];
  /** Where each caption stands: "captions.tsv, line 12". */
  readonly places: readonly string[];
}

export const captionTableRules = table("readCaptionTable", {
  /** Column of a table that has the names of images: its number from 1, or its name in the first row or of a JSON field. Default: 1, or "image" in JSON. */
  image: option(optional(columnRule), { flag: "--image-column" }),
  /** Column of a table that has the captions. Default: 2, or "caption" in JSON. */
  caption: option(optional(columnRule), { flag: "--caption-column" }),
  ...tableRules,
});

/** Options of `readCaptionTable`. @interface */
export type CaptionTableOptions = OptionsOf<typeof captionTableRules>;

/** Images with their captions, and how they were read. */
export interface CaptionReading {
  readonly images: ImageCaptions[];
  /** Rows that were left out for an empty name or caption. */
  readonly skipped: number;
  /** "captions.csv: columns image and caption, separated by commas", for people. */
  readonly description: string;
}

/**
 * Reads images and their captions from two columns of a table: CSV, TSV, or lines of JSON. Rows of one image are its captions, wherever
 * they stand; images come in the order of their first rows. A number after the name, as in Flickr8k's "1000.jpg#0", is left out.
 * @throws InputError if the file is empty, not UTF-8, or not such a table, or a row lacks a column or has an empty one;
 *   OptionError for a column that the file does not have, and for a first row that looks like names where nobody says what it is.
 */
export async function readCaptionTable(file: string, options: CaptionTableOptions = {}): Promise<ImageCaptions[]> {
  return (await readTableOfCaptions("readCaptionTable", file, options)).images;
}

/** readCaptionTable with all that is known of the reading. */
export async function readTableOfCaptions(
  owner: string,
  file: string,
  options: CaptionTableOptions = {},
): Promise<CaptionReading> {
  const { image, caption, ...reading } = completeOptions(owner, options, captionTableRules);
  const columns = [
    { column: image, number: 1, name: "image" },
    { column: caption, number: 2, name: "caption" },
  ];
  const opened = await Table.open(owner, { ...reading, file, columns });
  const images = new Map<string, { image: string; captions: string[]; places: string[] }>();
  for await (const { texts, place } of opened.rows()) {
    const name = (texts[0] as string).trim().replace(/#\d+$/, "");
    const known = images.get(name) ?? { image: name, captions: [], places: [] };
    images.set(name, known);
    known.captions.push((texts[1] as string).trim());
    known.places.push(place);
  }
  return { images: [...images.values()], skipped: opened.skipped, description: opened.description };
}
