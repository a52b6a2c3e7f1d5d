/** Header of a WebAssembly module: magic number and version. (Core specification, binary format, modules.) */
const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** Whether bytes begin like a module; some servers respond with a web page. */
export function isWasm(bytes: Uint8Array): boolean {
  return HEADER.every((byte, i) => bytes[i] === byte);
}

/** Fails if a page's security policy forbids WebAssembly. @throws CompileError */
export function mayCompile(): void {
  new WebAssembly.Module(HEADER);
}

const MEMORY_SECTION = 5;

/** Bits of a memory's limits. (WebAssembly core specification, binary format, limits.) */
const HAS_MAXIMUM = 1;
const SHARED = 2;

/**
 * Declares the memory of a WebAssembly module as shared, by setting one bit. The code is unchanged: ordinary loads and stores
 * work on shared memory. In JavaScript, the memory is then a SharedArrayBuffer.
 *
 * @throws Error for a module without a memory of its own, or whose memory has no maximum
 */
export function shareMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const shared = Uint8Array.from(module);
  let at = HEADER.length;
  const number = (): number => {
    const byte = shared[at++]!;
    return byte < 128 ? byte : (byte & 127) + 128 * number();
  };
  while (at < shared.length) {
    const section = shared[at++];
    const end = number() + at;
    if (section === MEMORY_SECTION && number() === 1 && shared[at] === HAS_MAXIMUM) {
      shared[at]! |= SHARED;
      return shared;
    }
    at = end;
  }
  throw new Error('the WebAssembly module has no memory of its own with a maximum');
}
