import { type Func, TYPES } from './assembler.js';
import { leb } from './encoding.js';
import type { Code } from './instructions.js';

/**
 * The module of some functions, which it exports under their names. It works on a memory that it is given as
 * `{ tensors: { memory } }`.
 *
 * @param shared whether that memory is shared between threads
 */
export function assemble(functions: readonly Func[], shared: boolean): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [0x60, ...vector(f.parameters.map((type) => [TYPES[type]])), 0]);
  const limits = shared ? [3, 0, ...leb(MAX_PAGES)] : [0, 0];
  const imports = [[...text('tensors'), ...text('memory'), 2, ...limits]];
  const exports = functions.map((f, i) => [...text(f.name), 0, ...leb(i)]);
  const bodies = functions.map((f) => {
    const locals = vector(f.locals.map((type) => [1, TYPES[type]]));
    const code = [...locals, ...f.body, 0x0b];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(
      3,
      functions.map((_, i) => leb(i)),
    ),
    ...section(7, exports),
    ...section(10, bodies),
  ]);
}

/** Pages of 64 KiB in 4 GiB. A shared memory has to have a limit; this one suits every memory. */
const MAX_PAGES = 2 ** 16;

function section(id: number, entries: readonly Code[]): Code {
  const content = vector(entries);
  return [id, ...leb(content.length), ...content];
}

function vector(entries: readonly Code[]): Code {
  return [...leb(entries.length), ...entries.flat()];
}

function text(value: string): Code {
  return [...leb(value.length), ...new TextEncoder().encode(value)];
}
