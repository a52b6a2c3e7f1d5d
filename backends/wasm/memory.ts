import { MemoryError } from '../../src/errors.js';
import type { WasmBackend } from './backend.js';

const MIB = 2 ** 20;

/** What may be in use at once. The module stops growing at 4 GiB; the rest is for its own needs and for fragmentation. */
const DEFAULT_LIMIT = 3584 * MIB;

/**
 * Where tensors begin: at what a processor reads at once, in bytes. The allocator keeps to multiples of 8, from where every fourth
 * vector would lie in two of these.
 */
const LINE_BYTES = 64;

/** Below this a packed copy is not tried out first: the allocator always has that much while the limit holds. */
const TRIED_OUT_FROM = MIB;

/** The memory of a wasm backend, in bytes. */
export interface WasmMemory {
  /** Tensors and packed copies may take this much together. */
  limit: number;
  /** What they take now. */
  readonly used: number;
  /** The most that they have taken since it was last set. */
  peak: number;
  /**
   * Makes room for the copy that XNNPACK keeps of the right side of a multiplication, for as long as that tensor lives.
   *
   * @param id      the tensor's number inside the module
   * @param columns of the right side
   * @param size    of the copy
   * @throws MemoryError when there is no room
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
   * Makes a tensor's memory that of a larger one as well, which begins with the same values: if it was allocated with room for that,
   * and no other tensor already uses the room. It is given back when both are.
   *
   * @param address of the tensor
   * @param before  bytes that it has
   * @param after   bytes that the larger one has
   * @returns       whether it now is
   */
  extend(address: number, before: number, after: number): boolean;
  /** The columns that a tensor was packed with; undefined when there is no copy of it. */
  packedColumns(id: number): number | undefined;
}

/** What the allocator gave for a tensor, or for several that begin alike. */
interface Allocation {
  /** Where it begins for the allocator. */
  readonly start: number;
  readonly capacity: number;
  /** Of the largest tensor in it. */
  size: number;
  /** How many tensors it is for. */
  tensors: number;
}

const memories = new WeakMap<WasmBackend, WasmMemory>();

/**
 * Watches every allocation of a backend from now on. Without that an allocation that fails is silent: tfjs takes the
 * null that it gets for an address, and computes garbage.
 */
export function guardMemory(backend: WasmBackend): WasmMemory {
  const guarded = memories.get(backend);
  if (guarded !== undefined) return guarded;
  const { wasm } = backend;
  // Emscripten's first call of each puts the real function in its place.
  wasm._free(wasm._malloc(1));
  const { _malloc: malloc, _free: free } = wasm;
  const { disposeData } = wasm.tfjs;
  const allocations = new Map<number, Allocation>();
  const copies = new Map<number, { columns: number; size: number }>();
  let used = 0;

  const checkRoom = (size: number) => {
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
    checkRoom(capacity);
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
      checkRoom(size);
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
    `the wasm backend has no room for another ${amount(size)}: ${amount(used)} of ${amount(limit)} are in use; ` +
      `take a smaller batch or model, dispose of tensors, or use another backend`,
  );
}
