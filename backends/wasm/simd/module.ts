import { type WasmBackend, withScratch } from '../backend.js';
import { assemble } from './assemble.js';
import { type Func, func } from './assembler.js';
import { dots } from './dots.js';
import { fewRows } from './few-rows.js';
import { f32x4, type MultiplyAdd } from './instructions.js';
import { layOut } from './lay-out.js';
import { scoresOfOne, valuesOfOne } from './one-query.js';
import { raiseRow, splitRow, unpackBytes, unpackHalves } from './packed.js';
import { byteRows, halfRows } from './packed-rows.js';
import { panelProduct, product } from './product.js';
import { byteTiles, quantizedProducts } from './quantized-product.js';
import * as relaxedRows from './relaxed-byte-rows.js';
import { add, layerNorm, softmax, softmaxGradient, swiGlu } from './row-wise.js';
import { amountFrom, fixedPointWeights, highest } from './sampling.js';
import { streams } from './streams.js';
import { start, TILE_ROWS, tiles } from './tile.js';
import { adamW, columnSums, layerNormGradient, layerNormSums, swiGluGradient } from './training.js';
import { transpose, transposeRuns } from './transpose.js';
import { tileFilters, tileInputs, tileOutputs } from './winograd.js';

/** Our own module, which works in the memory of tfjs's. */
export interface SimdModule {
  readonly module: WebAssembly.Module;
  /** Its exports, documented in the files of the functions. */
  readonly functions: Readonly<Record<string, (...values: number[]) => void>>;
  /** Whether it multiplies and adds in one instruction of relaxed SIMD. */
  readonly relaxed: boolean;
}

const modules = new WeakMap<WasmBackend, SimdModule>();

/** The module for a backend; compiled at the first use, with relaxed SIMD where that is faster. */
export function simdModule(backend: WasmBackend): SimdModule {
  return modules.get(backend) ?? selectModule(backend, hasFusedMultiplyAdd(backend));
}

/** Replaces the module of a backend by one with or without relaxed SIMD. No thread may compute with the one before. */
export function selectModule(backend: WasmBackend, relaxed: boolean): SimdModule {
  const functions = relaxed ? relaxedFunctions() : plainFunctions();
  const selected = { ...instantiate(backend, functions), relaxed };
  modules.set(backend, selected);
  return selected;
}

function plainFunctions(): Func[] {
  const inTiles = tiles(separately, TILE_ROWS.separate);
  return [...floatFunctions(separately, inTiles, inTiles), splitRow, ...byteRows];
}

function relaxedFunctions(): Func[] {
  const inTiles = tiles(f32x4.relaxedMultiplyAdd, TILE_ROWS.fused);
  const callees = [...inTiles, ...byteTiles];
  const integers = [relaxedRows.splitRow, ...relaxedRows.byteRows, ...quantizedProducts(callees)];
  return [...floatFunctions(f32x4.relaxedMultiplyAdd, inTiles, callees), ...integers];
}

/** All functions but those of weights in 8 bits. @param first begin the module; among them are the tiles */
function floatFunctions(multiplyAdd: MultiplyAdd, inTiles: readonly Func[], first: readonly Func[]): Func[] {
  const tilesAndHelpers: Func[] = [...first, start, layOut];
  const inPanels = panelProduct(tilesAndHelpers, inTiles);
  const callees: Func[] = [...tilesAndHelpers, inPanels];
  return [
    ...callees,
    ...[product(callees, inPanels), fewRows(callees, inTiles), ...streams(callees, multiplyAdd), dots],
    ...[raiseRow, halfRows(multiplyAdd), unpackBytes, unpackHalves, transpose, transposeRuns],
    ...[add, layerNorm(multiplyAdd), swiGlu(multiplyAdd), softmax(multiplyAdd), scoresOfOne, valuesOfOne],
    ...[layerNormGradient, layerNormSums, swiGluGradient(multiplyAdd), softmaxGradient, columnSums, adamW(multiplyAdd)],
    ...[tileInputs, tileFilters, tileOutputs],
    // Sampling is in whole numbers, the same on every backend.
    ...[highest, fixedPointWeights, amountFrom],
  ];
}

function instantiate(backend: WasmBackend, functions: readonly Func[]): Omit<SimdModule, 'relaxed'> {
  const { memory } = backend.wasm.asm;
  const module = new WebAssembly.Module(assemble(functions, isShared(memory)));
  const { exports } = new WebAssembly.Instance(module, { tensors: { memory } });
  return { module, functions: exports as SimdModule['functions'] };
}

/** Whether other threads can work on a memory too. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

const separately: MultiplyAdd = (a, b, c) => f32x4.add(f32x4.mul(a, b), c);

/**
 * Whether the engine has relaxed SIMD and the processor an instruction that multiplies and adds. Without that instruction,
 * relaxed SIMD rounds twice, and its larger tiles have more sums than there are registers.
 */
export function hasFusedMultiplyAdd(backend: WasmBackend): boolean {
  const square = func('square', ['i32', 'f32', 'f32'], ([out, x, c]) => {
    const [factor, addend] = [f32x4.splat(x.get), f32x4.splat(c.get)];
    return [f32x4.store(out.get, f32x4.relaxedMultiplyAdd(factor, factor, addend))];
  });
  if (!WebAssembly.validate(assemble([square], isShared(backend.wasm.asm.memory)))) return false;
  const { functions } = instantiate(backend, [square]);
  return withScratch(backend, 16, (out) => {
    // The square has one bit too many for a float: rounded before the addition, it leaves 0.
    functions.square!(out, 1 + 2 ** -12, -(1 + 2 ** -11));
    return new Float32Array(backend.wasm.asm.memory.buffer, out, 1)[0] === 2 ** -24;
  });
}
