import { memoryInfo } from '../nn/kernels/memory-info.js';
import type { Parameter } from '../nn/parameters.js';
import type { WorkingMemory } from './dry-run.js';

/** What something computes with: weights, loaded or not, and what it takes besides. */
export interface Computation extends WorkingMemory {
  readonly parameters: readonly Parameter[];
}

/** Whether something does not fit beside all that is there now. */
export function exceedsFreeMemory({ parameters, working }: Computation): boolean {
  const room = memoryInfo();
  if (!room) return false;
  const missing = room.weightCopies * weightBytes(parameters.filter(({ loaded }) => !loaded));
  return missing + working > room.free;
}

/** What weights take as they are kept, in bytes. */
export function weightBytes(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.byteLengthAs(parameter.dtype), 0);
}
