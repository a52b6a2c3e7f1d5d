import { memoryInfo } from '../nn/kernels/memory-info.js';
import type { Parameter } from '../nn/parameters.js';
import type { WorkingMemory } from './dry-run.js';

/** Memory of a computation: its weights, loaded or not, and its workspace. */
export interface Computation extends WorkingMemory {
  readonly parameters: readonly Parameter[];
}

/** Whether a computation does not fit into the currently free memory. */
export function exceedsFreeMemory({ parameters, working }: Computation): boolean {
  const memory = memoryInfo();
  if (!memory) return false;
  const missing = memory.weightCopies * weightBytes(parameters.filter(({ loaded }) => !loaded));
  return missing + working > memory.free;
}

/** Bytes of weights with their storage type. */
export function weightBytes(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.byteLengthAs(parameter.dtype), 0);
}
