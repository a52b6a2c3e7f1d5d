import { MemoryError } from '../../src/errors.js';
import type { WasmBackend } from './backend.js';

const MIB = 2 ** 20;

/** Default limit of the tensors' memory. The module grows up to 4 GiB; the rest is for its own needs and fragmentation. */
const DEFAULT_LIMIT = 3584 * MIB;

/**
 * Alignment of tensors in bytes: a cache line. With the allocator's multiples of 8, every fourth vector would cross two lines.
 */
const LINE_BYTES = 64;

/** Smallest packed copy whose allocation is tried in advance; within the limit, smaller ones always succeed. */
const TRIED_OUT_FROM = MIB;

/** The memory of a wasm backend, in bytes. */
export interface WasmMemory {
  /** Maximum of tensors and packed copies together. */
  limit: number;
  /** Bytes in use. */
  readonly used: number;
  /** Maximum bytes in use since it was last set. */
  peak: number;
  /**
   * Accounts for the packed copy that XNNPACK keeps of the right side of a multiplication, for the lifetime of that tensor.
   *
   * @param id      the tensor's number inside the module
   * @param columns of the right side
   * @param size    of the copy
   * @throws MemoryError if the limit would be exceeded
   */
  pack(id: number, columns: number, size: number): void;
  /**
   * Memory for a tensor that may grow.
   *
   * @param size     of the tensor, in bytes
   * @param capacity of what is allocated, which counts as used
   * @returns        its address
   */
  allocate(size: number, capacity: number): number;
  /**
   * Shares a tensor's memory with a larger one that begins with the same values, if it was allocated with spare capacity that no
   * other tensor uses. The memory is freed with the last of them.
   *
   * @param address of the tensor
   * @param before  bytes that it has
   * @param after   bytes that the larger one has
   * @returns       whether it now is
   */
  extend(address: number, before: number, after: number): boolean;
  /** The columns that a tensor was packed with; undefined without a packed copy. */
  packedColumns(id: number): number | undefined;
}

/** An allocation, of one tensor or of several that share its beginning. */
interface Allocation {
  /** Its address in the allocator. */
  readonly start: number;
  readonly capacity: number;
  /** Of the largest tensor in it. */
  size: number;
  /** Number of tensors that share it. */
  tensors: number;
}

const memories = new WeakMap<WasmBackend, WasmMemory>();

/**
 * Checks every allocation of a backend from now on. Without this, tfjs would use the null of a failed allocation as an address
 * and compute wrong values.
 */
export function guardMemory(backend: WasmBackend): WasmMemory {
  const guarded = memories.get(backend);
  if (guarded !== undefined) return guarded;
  const { wasm } = backend;
  // The first call of each replaces Emscripten's stub by the real function.
  wasm._free(wasm._malloc(1));
  const { _malloc: malloc, _free: free } = wasm;
  const { disposeData } = wasm.tfjs;
  const allocations = new Map<number, Allocation>();
  const copies = new Map<number, { columns: number; size: number }>();
  let used = 0;

  const checkLimit = (size: number) => {
    if (used + size > memory.limit) throw outOfMemory(size, used, memory.limit);
  };
  const take = (size: number) => {
    used += size;
    memory.peak = Math.max(memory.peak, used);
  };
  const allocate = (size: number): number => {
    const offset = malloc(size) >>> 0;
    if (offset === 0) throw outOfMemory(size, used, memory.limit);
    return offset;
  };

  const allocateAligned = (size: number, capacity: number): number => {
    checkLimit(capacity);
    const start = allocate(capacity + LINE_BYTES);
    const address = LINE_BYTES * Math.ceil(start / LINE_BYTES);
    allocations.set(address, { start, capacity, size, tensors: 1 });
    take(capacity);
    return address;
  };

  wasm._malloc = (size) => allocateAligned(size, size);
  wasm._free = (address) => {
    const allocation = allocations.get(address);
    if (!allocation) return free(address);
    allocation.tensors--;
    if (allocation.tensors > 0) return;
    used -= allocation.capacity;
    allocations.delete(address);
    free(allocation.start);
  };
  wasm.tfjs.disposeData = (id) => {
    used -= copies.get(id)?.size ?? 0;
    copies.delete(id);
    disposeData(id);
  };
  const memory: WasmMemory = {
    limit: DEFAULT_LIMIT,
    peak: 0,
    get used() {
      return used;
    },
    pack(id, columns, size) {
      if (copies.has(id)) return;
      checkLimit(size);
      if (size >= TRIED_OUT_FROM) free(allocate(size));
      take(size);
      copies.set(id, { columns, size });
    },
    allocate: allocateAligned,
    extend(address, before, after) {
      const allocation = allocations.get(address);
      if (!allocation || allocation.size !== before || allocation.capacity < after) return false;
      allocation.size = after;
      allocation.tensors++;
      return true;
    },
    packedColumns: (id) => copies.get(id)?.columns,
  };
  memories.set(backend, memory);
  return memory;
}

function outOfMemory(size: number, used: number, limit: number): MemoryError {
  const amount = (bytes: number) => (bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`);
  return new MemoryError(
    `the wasm backend has no memory for another ${amount(size)}: ${amount(used)} of ${amount(limit)} are in use; ` +
      `take a smaller batch or model, dispose of tensors, or use another backend`,
  );
}
