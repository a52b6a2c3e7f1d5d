/** Where a counting shader is given its counters: a binding that tfjs never comes to. */
export const COUNTERS = 500;

/** A shader that counts how often it touches each of its buffers. */
export interface CountingShader {
  readonly code: string;
  /** Bytes that are touched at a time, by binding: the result first, then what is read. */
  readonly bytesAtOnce: readonly number[];
}

/** Bytes of an element of a buffer, by its type in WGSL. */
const BYTES: Readonly<Record<string, number>> = {
  f32: 4,
  i32: 4,
  'atomic<i32>': 4,
  'vec2<i32>': 8,
  'vec4<f32>': 16,
  'vec4<i32>': 16,
};

/** @throws Error for a type whose size is not known */
function bytesOf(type: string): number {
  const bytes = BYTES[type];
  if (bytes === undefined) throw new Error(`traffic: how large is ${type}?`);
  return bytes;
}

/** Makes a shader of tfjs's count. Every thread counts for itself, and adds what it has counted when it is done. */
export function countingShader(code: string): CountingShader {
  const buffers = [...code.matchAll(/var<storage, (?:read|read_write)> (\w+)\s*:\s*array<(.+)>;/g)].map(
    ([, name, type]) => ({ name: name!, bytes: bytesOf(type!.trim()) }),
  );
  let counting = code;
  buffers.forEach(({ name }, slot) => {
    counting = withIndicesIn(counting, name, `touched${slot}`);
  });
  const counters = `
@group(0) @binding(${COUNTERS}) var<storage, read_write> counters : array<atomic<u32>>;
var<private> touches : array<u32, ${buffers.length}>;
${buffers.map((_, slot) => `fn touched${slot}(at : i32) -> i32 { touches[${slot}] += 1u; return at; }`).join('\n')}
`;
  const end = counting.lastIndexOf('}');
  const adding = `
        for (var slot = 0; slot < ${buffers.length}; slot++) { atomicAdd(&counters[slot], touches[slot]); }
      }`;
  return {
    code: counters + counting.slice(0, end) + adding,
    bytesAtOnce: buffers.map(({ bytes }) => bytes),
  };
}

/** Puts a call around every index of a buffer. */
function withIndicesIn(code: string, buffer: string, call: string): string {
  const start = new RegExp(`(?<![\\w.])${buffer}\\[`, 'g');
  let result = '';
  let done = 0;
  for (let match = start.exec(code); match; match = start.exec(code)) {
    const from = match.index + match[0].length;
    const to = closing(code, from);
    // Indices may hold others of the same buffer.
    const index = withIndicesIn(code.slice(from, to), buffer, call);
    result += `${code.slice(done, from)}${call}(${index})`;
    done = to;
    start.lastIndex = to;
  }
  return result + code.slice(done);
}

/** Where the bracket that was opened before is closed. */
function closing(code: string, from: number): number {
  let open = 1;
  let at = from;
  for (; open > 0; at++) open += { '[': 1, ']': -1 }[code[at]!] ?? 0;
  return at - 1;
}
