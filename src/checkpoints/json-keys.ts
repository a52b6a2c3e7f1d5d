/**
 * The first key that occurs twice in one object of a JSON text, however it is escaped. `JSON.parse` lets the last one win
 * without a word, which in a checkpoint would hide a tensor.
 *
 * @param json  text that `JSON.parse` accepts
 */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = []; // the keys of every object or array around the current place
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '{' || char === '[') open.push(new Set());
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = stringEnd(json, i);
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(i, end)) as string;
        if (open.at(-1)?.has(key)) return key;
        open.at(-1)?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` has ended, behind its closing quote. */
function stringEnd(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** Whether a colon is next. */
function isKey(json: string, end: number): boolean {
  while (' \t\r\n'.includes(json[end] ?? '.')) end++;
  return json[end] === ':';
}
