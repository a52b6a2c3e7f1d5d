/** The inside of what gives tfjs's WebGPU backend its buffers. */
interface BufferManager {
  /** By size and use. */
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesUsed: number;
  numBytesAllocated: number;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Bytes of buffers that nothing uses: enough for what the next step of a large model takes again. */
export const MAX_FREE_BYTES = 2 ** 28;

const bounded = new WeakSet<BufferManager>();

/**
 * Makes a backend of tfjs's give memory back. It keeps every buffer for the next tensor of exactly its size: keys and values that grow by a
 * token would stay in every length that they had, and weights that were let go of too. Beyond {@link MAX_FREE_BYTES} the buffers go that were
 * used longest ago.
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
