/**
 * How many small changes of the numeric core the vectors notice:
 *
 *     nice -n 15 node --import tsx spec/tools/mutate.ts [--sample <n>] [--seed <n>] [file…]
 *
 * Each mutant runs in a process of its own, until the first vector that does not pass. A line is printed for each survivor, and the
 * shares at the end. Without `--sample`, every mutant of every file is tried, which takes hours.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.js';
import { findVectors } from '../harness/find-vectors.js';
import { globPattern } from '../harness/json-pointer.js';
import { processImplementation } from '../harness/process.js';
import { runVectors } from '../harness/run-vectors.js';
import { type Mutant, mutantsOf } from './mutants.js';

/** Modules of the numeric core, and the vectors that compute with them, the quickest first. */
const CORE: Readonly<Record<string, readonly string[]>> = {
  'src/masking/span-mask.ts': ['mask_span', 'mask_merge', 'mask_seqtoken_emb'],
  'src/masking/image-mask.ts': ['mask_image'],
  'src/masking/budgets.ts': ['mask_budget'],
  'src/nn/positions.ts': ['trans_posemb'],
  'src/nn/interpolation.ts': ['trans_posemb'],
  'src/transformer/attention-mask.ts': ['mask_decoder_attention', 'fm_mod7_gelu'],
  'src/transformer/forward.ts': ['fm_mod7_registers', 'fm_mod7_gelu', 'fm_mod21'],
  'src/transformer/embeddings.ts': ['fm_mod7_registers', 'fm_seq_overflow', 'fm_mod21', 'own_fm_ids_outside'],
  'src/nn/attention.ts': ['fm_mod7_qknorm_nosep', 'fm_mod7_gelu', 'vq_euclidean'],
  'src/nn/mlp.ts': ['fm_mod7_gelu', 'fm_mod7_swiglu', 'vq_euclidean'],
  'src/decoding/schedules.ts': ['gen_schedules', 'gen_chained_schedules'],
  'src/decoding/sampling.ts': ['gen_filter', 'own_logits_not_finite', 'gen_ar_cfg_uniform', 'gen_maskgit_topk_uniform'],
  'src/decoding/guidance.ts': ['gen_cfg_formula', 'gen_roar_cfg_t0', 'gen_multi_maskgit_argmax'],
  'src/decoding/maskgit.ts': ['gen_maskgit_t0', 'gen_maskgit_argmax', 'gen_chain_uniform'],
  'src/decoding/roar.ts': ['gen_roar_t0', 'gen_roar_cfg_uniform', 'gen_multi_roar_t0'],
  'src/tokenizers/vq/codebook.ts': ['vq_train_*', 'vq_kmeans_usage'],
  'src/tokenizers/vq/memcodes.ts': ['vq_train_memcodes*', 'vq_pose_memcodes'],
  'src/tokenizers/vq/quantizer.ts': ['vq_train_*', 'vq_multihead', 'vq_norm_latents', 'vq_euclidean'],
  'src/tokenizers/diffusion/schedule.ts': ['sched_tables', 'sched_ddim_sample'],
  'src/tokenizers/diffusion/timesteps.ts': ['sched_timesteps', 'sched_d*', 'sched_p*'],
  'src/tokenizers/diffusion/ddim.ts': ['sched_ddim_*'],
  'src/tokenizers/diffusion/ddpm.ts': ['sched_ddpm_*'],
  'src/tokenizers/diffusion/pndm.ts': ['sched_pndm*'],
  'src/modalities/crop-images.ts': ['trans_image'],
  'src/modalities/normalisation.ts': ['trans_image'],
  'src/modalities/maps.ts': ['trans_image'],
  'src/evaluation/segmentation.ts': ['evaluation/semseg'],
  'src/evaluation/depth.ts': ['evaluation/depth'],
  'src/evaluation/retrieval.ts': ['evaluation/retrieval'],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: '0' } },
});
const root = new URL('../../', import.meta.url);
const places = findVectors(fileURLToPath(new URL('spec/vectors', root)));
const adapter = fileURLToPath(new URL('../adapters/typescript/main.ts', import.meta.url));
const files = positionals.length > 0 ? positionals : Object.keys(CORE);
const all = files.flatMap((file) =>
  mutantsOf(readFileSync(new URL(file, root), 'utf8')).map((mutant) => ({ file, mutant })),
);
const random = new Random(Number(values.seed));
const keyed = all.map((entry) => ({ ...entry, key: random.uniform() })).sort((a, b) => a.key - b.key);
const chosen = keyed.slice(0, values.sample === undefined ? all.length : Number(values.sample));
let survived = 0;
for (const { file, mutant } of chosen) {
  if (await isNoticed(file, mutant)) continue;
  survived++;
  console.log(`survives: ${file}:${mutant.line} ${mutant.from} → ${mutant.to}`);
}
const killed = chosen.length - survived;
console.log(
  `${killed} of ${chosen.length} mutants are noticed (${((100 * killed) / chosen.length).toFixed(1)} %), of ${all.length}`,
);

/** Whether a vector does not pass with a mutant. One that does not start, or does not end, is noticed as well. */
async function isNoticed(file: string, { start, end, to }: Mutant): Promise<boolean> {
  const edit = JSON.stringify({ file, start, end, to });
  const command = `node --import tsx ${adapter} --edit '${edit.replaceAll("'", "'\\''")}'`;
  const implementation = processImplementation(command, { timeout: 60_000 });
  try {
    for (const glob of CORE[file] ?? ['*']) {
      const pattern = globPattern(glob);
      const own = places.filter(({ name }) => pattern.test(name));
      for await (const { status } of runVectors(own, implementation)) if (status !== 'pass') return true;
    }
    return false;
  } finally {
    await implementation.close();
  }
}
