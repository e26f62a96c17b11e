/** An element of a picture, as an XML parser would see it. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** Its own text, without that of its children. */
  text: string;
}

/** Reads XML as strictly as our pictures need it: one root, closed tags, quoted attributes given once, only predefined entities. */
export function parseXml(source: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot hold is what it looks for
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;
  if (forbidden.test(source)) throw new Error("a character that XML cannot hold");
  for (const [, tag, text] of source.matchAll(/<([^<>]*)>|([^<>]+|[<>])/g)) {
    const parent = open.at(-1) as Element;
    if (text !== undefined) {
      if (/[<>]/.test(text)) throw new Error("a bracket that belongs to no tag");
      parent.text += unescaped(text);
    } else if (tag?.startsWith("/")) {
      if (open.pop()?.name !== tag.slice(1)) throw new Error(`</${tag.slice(1)}> closes <${parent.name}>`);
    } else {
      const [, name, rest, end] = /^([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)$/.exec(tag as string) ?? [];
      if (name === undefined) throw new Error(`<${tag}> is no tag`);
      const pairs = [...(rest as string).matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        unescaped(value as string),
      ]);
      const attributes = Object.fromEntries(pairs);
      if (Object.keys(attributes).length !== pairs.length) throw new Error(`<${tag}> repeats an attribute`);
      const element = { name, attributes, children: [], text: "" };
      parent.children.push(element);
      if (!end) open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim()) throw new Error("not one closed root");
  return root.children[0] as Element;
}

/** All elements inside one, itself first. */
export function every(element: Element): Element[] {
  return [element, ...element.children.flatMap(every)];
}

export function ofClass(element: Element, name: string): Element[] {
  return every(element).filter(({ attributes }) => attributes.class?.split(" ").includes(name));
}

/** Checks of what every picture must have and none may have. */
export function expectPicture(source: string): Element {
  const picture = parseXml(source);
  const { viewBox = "" } = picture.attributes;
  if (picture.name !== "svg" || !/^0 0 [\d.]+ [\d.]+$/.test(viewBox)) throw new Error(`viewBox ${viewBox}`);
  if (picture.children[0]?.name !== "title" || picture.children[0].text === "") throw new Error("no title");
  for (const { name, attributes } of every(picture)) {
    if (/^(script|a|foreignObject|use)$/.test(name)) throw new Error(`a <${name}>`);
    for (const [key, value] of Object.entries(attributes)) {
      // Pixels that are inside of the picture themselves.
      if (name === "image" && key === "href" && /^data:image\/(png|jpeg);base64,/.test(value)) continue;
      if (/^on|href/.test(key) || /NaN|Infinity|undefined|url\(/.test(value)) throw new Error(`${key}="${value}"`);
    }
  }
  return picture;
}

function unescaped(text: string): string {
  if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`an entity that XML does not know in ${text}`);
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&([^;]+);/g, (_, name: string) => names[name] as string);
}
