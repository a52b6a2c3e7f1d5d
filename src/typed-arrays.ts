/**
 * Tells typed arrays by what they are, whichever realm they come from: Jest's jsdom, `vm`, an iframe and a worker have classes of
 * their own, and `instanceof` knows only those of this one.
 */

/** Names of the classes that values of the library may have. */
type ArrayName = 'Uint8Array' | 'Uint8ClampedArray' | 'Uint16Array' | 'Int32Array' | 'Float32Array' | 'Float64Array';

/** Whether a value is a typed array of this class, of any realm. */
export function isTypedArray(value: unknown, name: ArrayName): value is ArrayBufferView & { readonly length: number } {
  return ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === name;
}

/** Whether a value is an `ArrayBuffer`, or shared memory, of any realm. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));
}

/** The bytes of a view, without a copy. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A typed array as one of this realm, without a copy; arrays of other classes, and whatever else, as they are. */
export function ownArray<T>(value: T): T {
  const own = { Uint8Array, Uint16Array, Int32Array, Float32Array, Float64Array };
  for (const [name, Type] of Object.entries(own)) {
    if (value instanceof Type) return value;
    if (isTypedArray(value, name as keyof typeof own)) {
      return new Type(value.buffer as ArrayBuffer, value.byteOffset, value.length) as T;
    }
  }
  return value;
}
