/** Binding of a shader's counters: one that tfjs does not use. */
export const COUNTERS = 500;

/** A shader that counts its accesses to each buffer. */
export interface CountingShader {
  readonly code: string;
  /** Bytes of each access, by binding: the result first, then the inputs. */
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
  if (bytes === undefined) throw new Error(`traffic: the size of the type ${type} is not known`);
  return bytes;
}

/** Instruments a shader. Every thread counts separately, and adds its counts at the end. */
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

/** Wraps every index of a buffer in a call. */
function withIndicesIn(code: string, buffer: string, call: string): string {
  const start = new RegExp(`(?<![\\w.])${buffer}\\[`, 'g');
  let result = '';
  let done = 0;
  for (let match = start.exec(code); match; match = start.exec(code)) {
    const from = match.index + match[0].length;
    const to = closing(code, from);
    // Indices may contain accesses of the same buffer.
    const index = withIndicesIn(code.slice(from, to), buffer, call);
    result += `${code.slice(done, from)}${call}(${index})`;
    done = to;
    start.lastIndex = to;
  }
  return result + code.slice(done);
}

/** Position of the closing bracket. */
function closing(code: string, from: number): number {
  let open = 1;
  let at = from;
  for (; open > 0; at++) open += { '[': 1, ']': -1 }[code[at]!] ?? 0;
  return at - 1;
}
