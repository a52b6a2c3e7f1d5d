/**
 * Typed arrays of any realm: Jest's jsdom, `vm`, iframes and workers have their own classes, which `instanceof` does not
 * recognise.
 */

/**
 * Bytes in unshared memory, as `Blob` and `fetch` require them: `Uint8Array<ArrayBuffer>`, in a form that TypeScript before 5.7
 * accepts too, where `Uint8Array` has no type parameter.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>;

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

/** Converts a typed array of another realm to this one, without a copy. Other values are returned unchanged. */
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
