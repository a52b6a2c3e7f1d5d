/**
 * Bytes in memory of their own, as `Blob` and `fetch` take them: `Uint8Array<ArrayBuffer>`, written so that TypeScript before 5.7, which
 * does not tell kinds of memory apart, reads it too.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>;
