/** The named kernels of `src/nn/kernels`, in WGSL. */
import {
  ATTENTION,
  LAYER_NORM,
  LINEAR,
  PACKED_LINEAR,
  PACKED_ROWS,
  SAMPLE,
  SWIGLU,
} from '../../src/nn/kernels/declarations.js';
import { registerAttention } from './attention.js';
import { registerLayerNorm } from './layer-norm.js';
import { registerLinear } from './linear.js';
import { registerPackedLinear } from './packed-linear.js';
import { registerPackedRows } from './packed-rows.js';
import { registerSampling } from './sampling.js';
import { registerSwiGlu } from './swiglu.js';

let registered = false;

/** Registers them. Calling it again changes nothing. */
export function registerKernels(): void {
  if (registered) return;
  registerAttention(ATTENTION);
  registerLayerNorm(LAYER_NORM);
  registerSwiGlu(SWIGLU);
  registerLinear(LINEAR);
  registerPackedLinear(PACKED_LINEAR);
  registerPackedRows(PACKED_ROWS);
  registerSampling(SAMPLE);
  registered = true;
}
