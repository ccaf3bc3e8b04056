/*
 * Copied by convexgen from schema/mastra/jsonTexts.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

// JSON as text, of which a part is read without parsing the rest.

/** The text of each value of a JSON object, by its key. */
export type EntryTexts = Map<string, string>;

/** The entries of the text of a JSON object; none of any other value. */
export function entryTextsOf(text: string | undefined): EntryTexts {
  const entries: EntryTexts = new Map();
  if (!isObjectText(text)) return entries;
  let depth = 0;
  let start = 0;
  let colon = -1;
  const add = (end: number) => {
    if (colon === -1) return;
    const key = JSON.parse(text.slice(start, colon)) as string;
    entries.set(key, text.slice(colon + 1, end));
    colon = -1;
  };
  for (let index = 0; index < text.length; index += 1) {
    switch (text[index]) {
      case '"':
        index = endOfString(text, index);
        break;
      case "{":
      case "[":
        depth += 1;
        if (depth === 1) start = index + 1;
        break;
      case "}":
      case "]":
        depth -= 1;
        if (depth === 0) add(index);
        break;
      case ":":
        if (depth === 1) colon = index;
        break;
      case ",":
        if (depth !== 1) break;
        add(index);
        start = index + 1;
    }
  }
  return entries;
}

/** Where the string ends that begins at a quote. */
function endOfString(text: string, quote: number): number {
  let end = quote;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let escape = end;
    while (text[escape - 1] === "\\") escape -= 1;
    if ((end - escape) % 2 === 0) return end;
  }
}

/** The text of an object with some entries, of which the last with a key counts. */
export function written(entries: Iterable<readonly [string, string]>): string {
  const texts = [...new Map(entries)].map(
    ([key, text]) => `${JSON.stringify(key)}:${text}`,
  );
  return `{${texts.join()}}`;
}

export function isObjectText(text: string | undefined): text is string {
  return text?.trimStart().startsWith("{") === true;
}
