/** Checkpoints whose tensors lie in any order, which the writer would put into its own. */
import { encodeValues } from '../../src/checkpoints/dtypes.js';
import { LENGTH_BYTES } from '../../src/checkpoints/safetensors-header.js';
import { encodeHeader, type NamedTensor } from '../../src/checkpoints/safetensors-writer.js';

export function checkpointInOrder(tensors: readonly NamedTensor[]): Uint8Array {
  const header = encodeHeader(tensors, {});
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return Buffer.concat([length, header, ...tensors.map(({ data, dtype }) => encodeValues(data, dtype))]);
}
