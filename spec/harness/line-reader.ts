import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** Lines of a stream, with a limit on their length and number. */
export class LineReader {
  readonly #stream: Readable;
  readonly #longest: number;
  readonly #complete: string[] = [];
  #parts: Buffer[] = [];
  #size = 0;
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  constructor(stream: Readable, longest: number) {
    this.#stream = stream;
    this.#longest = longest;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#parts.push(chunk.subarray(start, end));
      this.#complete.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#size = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#parts.push(chunk.subarray(start));
      this.#size += chunk.length - start;
    }
    if (this.#size > this.#longest)
      this.#fail(new Error(`it responded with a line of more than ${this.#longest} bytes`));
    // Each command has one reply, so this many lines are an error.
    if (this.#complete.length > 1000) this.#fail(new Error('it writes line after line without being asked'));
    this.#serve();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.close();
  }

  #serve(): void {
    if (!this.#waiting) return;
    const { resolve, reject } = this.#waiting;
    const line = this.#complete.shift();
    if (line === undefined && !this.#failure) return;
    this.#waiting = undefined;
    if (line === undefined) reject(this.#failure!);
    else resolve(line);
  }

  /** The next line. @throws Error if it is too long */
  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#serve();
    });
  }

  /** A line that has already arrived; undefined if there is none. */
  takeComplete(): string | undefined {
    return this.#complete.shift();
  }

  /** Stops reading. */
  close(): void {
    this.#parts = [];
    this.#size = 0;
    this.#stream.removeAllListeners('data').destroy();
  }
}
