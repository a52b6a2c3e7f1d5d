/**
 * Reads a JSON text value by value, each of the type that the caller expects. `JSON.parse` would build every value in the text, at
 * many times its size in memory, and silently keep the last of two equal keys; this reader stops at the first unexpected value,
 * and keeps only the requested values.
 */
export class JsonReader {
  readonly #text: string;
  readonly #error: (problem: string) => Error;
  #at = 0;

  /** @param error creates the error from a description */
  constructor(text: string, error: (problem: string) => Error) {
    this.#text = text;
    this.#error = error;
  }

  /** The type of the next value. */
  get next(): 'object' | 'list' | 'string' | 'number' | 'word' {
    const char = this.#peek();
    if (char === '{') return 'object';
    if (char === '[') return 'list';
    if (char === '"') return 'string';
    if (/^[-0-9]/.test(char)) return 'number';
    if (/^[tfn]/.test(char)) return 'word';
    throw this.#malformed();
  }

  /** Reads an object, in which no key may occur twice. @param readValue reads the value of a key */
  object(readValue: (key: string) => void): void {
    const keys = new Set<string>();
    this.#take('{');
    if (this.#skip('}')) return;
    do {
      const key = this.string();
      if (keys.has(key)) throw this.#error(`has ${JSON.stringify(key.slice(0, 100))} twice`);
      keys.add(key);
      this.#take(':');
      readValue(key);
    } while (this.#skip(','));
    this.#take('}');
  }

  string(): string {
    if (this.#peek() !== '"') throw this.#malformed();
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    const text = this.#unescape(this.#text.slice(start, end + 1));
    if (/\p{Surrogate}/u.test(text)) throw this.#error(`has a text that is not Unicode, at character ${start}`);
    this.#at = end + 1;
    return text;
  }

  /** A list of whole numbers from 0 to 2^53 - 1; undefined if it is anything else, or longer. */
  wholeNumbers(longest: number): number[] | undefined {
    if (!this.#skip('[')) return undefined;
    const numbers: number[] = [];
    if (this.#skip(']')) return numbers;
    do {
      const number = this.#wholeNumber();
      if (number === undefined || numbers.length === longest) return undefined;
      numbers.push(number);
    } while (this.#skip(','));
    this.#take(']');
    return numbers;
  }

  /** Makes sure that nothing follows. */
  end(): void {
    if (this.#peek() !== '') throw this.#malformed();
  }

  #wholeNumber(): number | undefined {
    this.#peek();
    const digits = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
    digits.lastIndex = this.#at;
    const number = Number(digits.exec(this.#text)?.[0] ?? Number.NaN);
    if (!Number.isSafeInteger(number)) return undefined;
    this.#at = digits.lastIndex;
    return number;
  }

  #unescape(literal: string): string {
    try {
      return JSON.parse(literal) as string;
    } catch {
      throw this.#malformed();
    }
  }

  #take(char: string): void {
    if (!this.#skip(char)) throw this.#malformed();
  }

  #skip(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  /** The next character that is not whitespace; empty at the end. */
  #peek(): string {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text[this.#at]!)) this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #malformed(): Error {
    return this.#error(`is not valid JSON at character ${this.#at}`);
  }
}
