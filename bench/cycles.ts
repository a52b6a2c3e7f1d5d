/** Measures the clock frequency of a core, to give rates per cycle and to compare processors with different clocks. */
import { assemble } from '../backends/wasm/simd/assemble.js';
import { func, loop } from '../backends/wasm/simd/assembler.js';
import { type Code, i32 } from '../backends/wasm/simd/instructions.js';

/** Steps of a run of about two milliseconds, in blocks without a jump. */
const [STEPS, BLOCK] = [2 ** 22, 64];
const RUNS = 15;

/** A rotation and an exclusive or: each takes one cycle and depends on the previous one. */
const CYCLES_OF_A_STEP = 2;
const rotate = (x: Code): Code => [...x, ...i32.const(7), 0x77];
const xor = (a: Code, b: Code): Code => [...a, ...b, 0x73];

/** Current cycles per second of this core: that of the fastest of several short runs, which is least affected by other programs. */
export function cyclesPerSecond(): number {
  const steps = func('steps', ['i32', 'i32'], ([count, key], local) => {
    const [i, x] = [local('i32'), local('i32')];
    const block = Array.from({ length: BLOCK }, () => x.set(xor(rotate(x.get), key.get)));
    return [loop(i, i32.const(0), count.get, BLOCK, ...block), [...i32.const(0), ...x.get, 0x36, 2, 0]];
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble([steps], false)), {
    tensors: { memory },
  });
  const run = exports.steps as (count: number, key: number) => void;
  const seconds = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    run(STEPS, 0x9e3779b9 | 0);
    return (performance.now() - start) / 1e3;
  });
  return (CYCLES_OF_A_STEP * STEPS) / Math.min(...seconds);
}
