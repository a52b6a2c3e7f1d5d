/** Results as the protocol transports them: tensors in lines or files, values and rejections. */
import { readFileSync } from 'node:fs';
import { DTYPE_NAMES, DTYPES, type Dtype, type TensorData } from '../../src/checkpoints/dtypes.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { BrokenProcess, type ResultReply } from './protocol.js';
import type { Result } from './results.js';

/** The results of a reply, by name. @throws BrokenProcess if they violate the protocol */
export function resultsOf({ tensors = {}, file, values = {}, rejected = {} }: ResultReply): Map<string, Result> {
  const results = new Map<string, Result>();
  const add = (name: string, result: Result) => {
    if (results.has(name)) throw new BrokenProcess(`its result has ${name} twice`);
    results.set(name, result);
  };
  for (const [name, { dtype, shape, base64 }] of Object.entries(tensors)) {
    if (!DTYPE_NAMES.includes(dtype) || !Array.isArray(shape) || typeof base64 !== 'string') {
      throw new BrokenProcess(`its tensor ${name} is not { dtype, shape, base64 }`);
    }
    add(name, { tensor: { dtype, shape, data: decoded(name, dtype, shape, base64) } });
  }
  if (file !== undefined) {
    try {
      const opened = readSafetensors(new Uint8Array(readFileSync(file)), file);
      for (const [name, { dtype, shape }] of opened.tensors) {
        add(name, { tensor: { dtype: dtype as Dtype, shape, data: opened.read(name) } });
      }
    } catch (error) {
      throw new BrokenProcess(`its file of tensors cannot be read: ${(error as Error).message}`);
    }
  }
  for (const [name, value] of Object.entries(values)) add(name, { value });
  for (const [name, reason] of Object.entries(rejected)) add(name, { rejected: String(reason) });
  return results;
}

function decoded(name: string, dtype: Dtype, shape: readonly number[], base64: string): TensorData {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const entry = { dtype, shape: [...shape], data_offsets: [0, bytes.length] };
  const header = Buffer.from(JSON.stringify({ [name]: entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  try {
    if (!DTYPES[dtype]) throw new Error(`there is no dtype ${dtype}`);
    return readSafetensors(new Uint8Array(Buffer.concat([length, header, bytes])), name).read(name);
  } catch (error) {
    throw new BrokenProcess(`its tensor ${name} cannot be read: ${(error as Error).message}`);
  }
}
