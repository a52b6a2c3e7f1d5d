/**
 * Makes the vectors of requirements that the official numbers do not check: invalid inputs, files, and values at which
 * mistakes are visible. The numbers are computed here by the text of the specification, in double precision.
 *
 *     node --import tsx spec/tools/own-vectors.ts [folder]
 *
 * They go into folders `own_*` of `spec/vectors`, or of another folder, and are reproducible byte for byte.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VectorFile } from '../harness/vector.js';
import { blocks } from './own-vectors/blocks.js';
import { budgets } from './own-vectors/budgets.js';
import { checkpoints } from './own-vectors/checkpoints.js';
import { clusters } from './own-vectors/clusters.js';
import { codebooks } from './own-vectors/codebooks.js';
import { denoisers } from './own-vectors/denoisers.js';
import { diffusion } from './own-vectors/diffusion.js';
import { featureMetrics } from './own-vectors/feature-metrics.js';
import { gaps } from './own-vectors/gaps.js';
import { gradients } from './own-vectors/gradients.js';
import { layers } from './own-vectors/layers.js';
import { limits } from './own-vectors/limits.js';
import { losses } from './own-vectors/losses.js';
import { maskedTexts } from './own-vectors/masked-texts.js';
import { masking } from './own-vectors/masking.js';
import { merging } from './own-vectors/merging.js';
import { metrics } from './own-vectors/metrics.js';
import { positions } from './own-vectors/positions.js';
import { sampling } from './own-vectors/sampling.js';
import { schedulerSteps } from './own-vectors/scheduler-steps.js';
import { selection } from './own-vectors/selection.js';
import { strings } from './own-vectors/strings.js';
import { texts } from './own-vectors/texts.js';
import { type OwnVector, rejected, writeVector } from './own-vectors/write.js';

const VECTORS = fileURLToPath(new URL('../vectors/', import.meta.url));
const folder = process.argv[2] ?? VECTORS;

for (const [name, vector] of Object.entries({
  ...blocks(),
  ...budgets(),
  ...checkpoints(),
  ...clusters(),
  ...codebooks(),
  ...denoisers(),
  ...diffusion(),
  ...featureMetrics(),
  ...gaps(VECTORS),
  ...gradients(VECTORS),
  ...layers(),
  ...limits(VECTORS),
  ...losses(VECTORS),
  ...maskedTexts(),
  ...masking(),
  ...merging(),
  ...metrics(),
  ...positions(),
  ...sampling(),
  ...schedulerSteps(),
  ...selection(VECTORS),
  ...strings(),
  ...texts(),
}))
  writeVector(folder, name, vector);

const write = (name: string, vector: OwnVector) => writeVector(folder, name, vector);

const nothing = new Float32Array(6).fill(Number.NEGATIVE_INFINITY);
write('logits_not_finite', {
  kind: 'gen.filter',
  description: 'logits with NaN, and logits of which none is finite',
  tier: 'generation',
  options: {
    combos: ['in.nan', 'in.nothing', 'in.nan', 'in.nothing'].map((logits, i) => ({
      ...{ i, logits, top_k: i < 2 ? 0 : 3, top_k_kind: 'count' },
      ...{ top_p: i < 2 ? 0.5 : 0, temperature_for_probs: 1 },
    })),
  },
  tensors: [
    { name: 'in.nan', dtype: 'F32', shape: [1, 6], data: Float32Array.of(1, 2, Number.NaN, 0, -1, 3) },
    { name: 'in.nothing', dtype: 'F32', shape: [1, 6], data: nothing },
  ],
  expected: { values: [0, 1, 2, 3].map((i) => rejected(`out.f00${i}.probs`)) },
  requirements: ['SMP-9'],
  flag: 'invalid-accepted',
});

/** The inputs of another vector, one of whose tensors has an id that its vocabulary lacks. */
function idsOutside(): void {
  const of = JSON.parse(readFileSync(join(VECTORS, 'fm_mod7_gelu', 'vector.json'), 'utf8')) as VectorFile;
  const shared = Object.entries(of.inputs).map(([name, entry]) => [
    name,
    { ...entry, file: '../fm_mod7_gelu/data.safetensors' },
  ]);
  const name = 'in.tok_depth@224.tensor';
  const { shape } = of.inputs[name]!;
  const { vocab_size } = (of.options.modality_info_overrides as Record<string, { vocab_size: number }>)[
    'tok_depth@224'
  ]!;
  const ids = new Int32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => (i % 2 === 0 ? vocab_size : 0));
  write('fm_ids_outside', {
    kind: 'fm.forward',
    description: 'ids outside the vocabulary of an image modality',
    tier: 'core',
    options: of.options,
    files: { checkpoint: '../fm_mod7_gelu/model.safetensors' },
    inputs: Object.fromEntries(shared),
    tensors: [{ name, dtype: 'I32', shape, data: ids }],
    expected: { values: [rejected('out.encoder_tokens')] },
    requirements: ['EMB-13'],
    flag: 'invalid-accepted',
  });
}
idsOutside();
