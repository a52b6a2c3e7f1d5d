/** The streams of a command: results go to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: ByteStream;
  readonly err: TextStream & { readonly isTTY?: boolean };
  /** The standard input; absent if there is none. */
  readonly in?: AsyncIterable<Uint8Array>;
  /** Fires when the command is to be cancelled. */
  readonly signal: AbortSignal;
}

/** The writable part of a Node stream. */
export interface TextStream {
  write(text: string): unknown;
}

/** A stream for text and bytes. */
export interface ByteStream extends TextStream {
  write(content: string | Uint8Array): unknown;
}

/** Prints a line of results. */
export function print(terminal: Terminal, line: string): void {
  terminal.out.write(`${line}\n`);
}

/** Prints a line about what is being done, on the standard error. */
export function note(terminal: Terminal, line: string): void {
  terminal.err.write(`${line}\n`);
}

/** Rows of cells as lines, in columns as wide as they need. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
