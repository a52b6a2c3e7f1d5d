import { BackendError, type FourMError, MemoryError } from '../../src/errors.js';

/** Internals of tfjs's WebGPU backend for reading tensors. */
interface Inside {
  readonly device: GPUDevice;
  read(dataId: object): Promise<unknown>;
}

const reporting = new WeakSet<Inside>();

/**
 * Reports failures of a backend's device. When it is out of memory or cannot run a program, the device continues and tfjs reads
 * zeros; with this, the next read throws the error.
 *
 * @throws MemoryError, BackendError from `data()` of a tensor
 */
export function reportFailures(backend: unknown): void {
  const inside = backend as Inside;
  if (reporting.has(inside)) return;
  reporting.add(inside);
  let failure: FourMError | undefined;
  inside.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    // Later errors are consequences of the first.
    failure ??= failureOf(event.error);
  });
  const read = inside.read.bind(inside);
  inside.read = async (dataId) => {
    const values = await read(dataId).catch((cause: unknown) => {
      throw new BackendError(`WebGPU gave no result: ${firstLine(String(cause))}`, { cause });
    });
    if (!failure) return values;
    const thrown = failure;
    failure = undefined;
    throw thrown;
  };
}

function failureOf(cause: GPUError): FourMError {
  const what = firstLine(cause.message);
  return cause instanceof GPUOutOfMemoryError
    ? new MemoryError(`WebGPU ran out of memory (${what}); reduce the request, or load the model in fewer bits`, {
        cause,
      })
    : new BackendError(`WebGPU failed: ${what}`, { cause });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim();
}
