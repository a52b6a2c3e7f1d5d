/** Internals of the buffer manager of tfjs's WebGPU backend. */
interface BufferManager {
  /** By size and use. */
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesUsed: number;
  numBytesAllocated: number;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Maximum bytes of unused buffers: enough to reuse those of a step of a large model. */
export const MAX_FREE_BYTES = 2 ** 28;

const bounded = new WeakSet<BufferManager>();

/**
 * Bounds the unused buffers of a backend. tfjs keeps every buffer for the next tensor of exactly its size, so a growing KV
 * cache would leave a buffer of each length, and released weights would stay. Above {@link MAX_FREE_BYTES}, the least recently
 * used ones are destroyed.
 */
export function boundFreeBuffers(backend: unknown): void {
  const { bufferManager: manager } = backend as { bufferManager: BufferManager };
  if (bounded.has(manager)) return;
  bounded.add(manager);
  const { freeBuffers } = manager;
  const release = manager.releaseBuffer.bind(manager);
  manager.releaseBuffer = (buffer, reuse) => {
    release(buffer, reuse);
    const key = `${buffer.size}_${buffer.usage}`;
    const alike = freeBuffers.get(key);
    if (!alike) return;
    // The last of the map is what was used last.
    freeBuffers.delete(key);
    freeBuffers.set(key, alike);
    for (const buffers of freeBuffers.values()) {
      while (manager.numBytesAllocated - manager.numBytesUsed > MAX_FREE_BYTES && buffers.length > 0) {
        const oldest = buffers.pop()!;
        manager.numBytesAllocated -= oldest.size;
        manager.numFreeBuffers--;
        oldest.destroy();
      }
      if (manager.numBytesAllocated - manager.numBytesUsed <= MAX_FREE_BYTES) return;
    }
  };
}
