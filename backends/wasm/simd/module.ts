import type { WasmBackend } from '../backend.js';
import { assemble } from './assemble.js';
import { type Func, f32x4, func } from './assembler.js';
import { layOut } from './lay-out.js';
import { scoresOfOne, valuesOfOne } from './one-query.js';
import { raiseRow, splitRow, unpackBytes, unpackHalves } from './packed.js';
import { byteRows, halfRows } from './packed-rows.js';
import { panelProduct, product } from './product.js';
import { add, layerNorm, softmax, swiGlu } from './row-wise.js';
import { dots, fewRows, streams } from './rows.js';
import { amountFrom, fixedPointWeights, highest } from './sampling.js';
import { type MultiplyAdd, start, TILE_ROWS, tiles } from './tile.js';
import { tileFilters, tileInputs, tileOutputs } from './winograd.js';

/** Our own module, which works in the memory of tfjs's. */
export interface SimdModule {
  readonly module: WebAssembly.Module;
  /** Its exports, documented in the files of the functions. */
  readonly functions: Readonly<Record<string, (...values: number[]) => void>>;
}

const modules = new WeakMap<WasmBackend, SimdModule>();

/** The module for a backend; compiled when first asked for. */
export function simdModule(backend: WasmBackend): SimdModule {
  const known = modules.get(backend);
  if (known !== undefined) return known;
  const [multiplyAdd, most] = hasRelaxedSimd()
    ? [f32x4.relaxedMultiplyAdd, TILE_ROWS.fused]
    : [separately, TILE_ROWS.separate];
  const inTiles = tiles(multiplyAdd, most);
  const tilesAndHelpers: Func[] = [...inTiles, start, layOut];
  const inPanels = panelProduct(tilesAndHelpers, inTiles);
  const callees: Func[] = [...tilesAndHelpers, inPanels];
  const functions: Func[] = [
    ...callees,
    ...[product(callees, inPanels), fewRows(callees, inTiles), ...streams(callees, multiplyAdd), dots],
    ...[raiseRow, splitRow, ...byteRows, halfRows(multiplyAdd), unpackBytes, unpackHalves],
    ...[add, layerNorm, swiGlu, softmax, scoresOfOne, valuesOfOne],
    ...[tileInputs, tileFilters, tileOutputs],
    ...[highest, fixedPointWeights, amountFrom],
  ];
  const { memory } = backend.wasm.asm;
  const module = new WebAssembly.Module(assemble(functions, isShared(memory)));
  const { exports } = new WebAssembly.Instance(module, { tensors: { memory } });
  const made = { module, functions: exports as SimdModule['functions'] };
  modules.set(backend, made);
  return made;
}

/** Whether other threads can work on a memory too. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

const separately: MultiplyAdd = (left, right, sum) => f32x4.add(f32x4.mul(left, right), sum);

/** Whether relaxed SIMD with fused multiply-add is available: twice as fast on processors with such an instruction. */
function hasRelaxedSimd(): boolean {
  const sample = func('sample', ['i32'], ([address], local) => {
    const x = local('v128');
    return [x.set(f32x4.relaxedMultiplyAdd(x.get, x.get, x.get)), f32x4.store(address.get, x.get)];
  });
  return WebAssembly.validate(assemble([sample], false));
}
