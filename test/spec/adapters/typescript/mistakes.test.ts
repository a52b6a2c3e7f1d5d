import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { MISTAKES } from '../../../../spec/adapters/typescript/mistakes.js';
import { diagnose } from '../../../../spec/harness/diagnosis.js';
import { findVectors } from '../../../../spec/harness/find-vectors.js';
import type { Outcome } from '../../../../spec/harness/judge.js';
import { processImplementation } from '../../../../spec/harness/process.js';
import { runVectors } from '../../../../spec/harness/run-vectors.js';

const adapter = fileURLToPath(new URL('../../../../spec/adapters/typescript/main.ts', import.meta.url));
const vectors = findVectors(fileURLToPath(new URL('../../../../spec/vectors', import.meta.url)));

/**
 * Vectors in which a mistake shows, beside those that it leaves right, of so many mistakes as a test has time for.
 * `spec/tools/try-mistakes.ts` takes all of both.
 */
const AMONG: Readonly<Record<string, readonly string[]>> = {
  'sentinel-off-by-one': ['mask_span', 'mask_image', 'mask_seqtoken_emb', 'mask_merge'],
  'top-p-one-too-few': ['gen_filter', 'gen_cfg_formula', 'gen_maskgit_cfg_uniform', 'gen_maskgit_t0'],
  'guidance-reversed': ['gen_cfg_formula', 'gen_filter', 'gen_roar_cfg_t0', 'gen_roar_t0'],
  'gelu-tanh': ['fm_mod7_gelu', 'fm_mod7_swiglu', 'fmvit_swiglu', 'vq_euclidean'],
  'softmax-over-padding': ['fm_mod7_gelu', 'fm_mod7_swiglu', 'fmvit_swiglu', 'fmvit_gelu_qknorm'],
  'context-without-embedding': ['fm_mod7_gelu', 'fm_mod7_swiglu', 'fmvit_swiglu', 'gen_maskgit_t0'],
  'argsort-ties': ['gen_maskgit_t0', 'gen_maskgit_argmax', 'gen_roar_t0', 'gen_chain_t0'],
  'ema-inverted': ['vq_train_cosine', 'vq_train_euclidean', 'vq_kmeans_usage', 'vq_train_memcodes'],
  'swiglu-halves': ['fm_mod7_gelu', 'fm_mod7_swiglu', 'fmvit_swiglu', 'gen_maskgit_t0'],
  'normals-sign': ['trans_image', 'trans_posemb', 'trans_det'],
  'zero-terminal-snr-missing': ['sched_tables', 'sched_ddim_sample', 'sched_ddim_eta', 'sched_pndm'],
  'temperature-before-filters': ['own_sampling_draws', 'gen_filter', 'gen_schedules'],
  'attention-scale-missing': ['fm_mod7_gelu', 'own_layers_alone', 'own_layers_small', 'fmvit_swiglu'],
  'spans-merged-in-order': ['mask_merge', 'own_merge_order', 'own_masked_text', 'own_span_limits', 'trans_decode_text'],
  'metadata-bins': ['trans_metadata', 'own_metadata_counts', 'trans_hash'],
  'case-kept': ['own_text_case', 'own_text_pieces', 'own_text_classes', 'own_text_skipped'],
  'text-cleaned-as-a-whole': ['own_text_cleaned', 'own_text_joined', 'own_text_skipped'],
  'eos-after-cut': ['own_sequence_text', 'own_transfer_text', 'own_transfer_cut', 'own_sequence_keep'],
  bgr: ['trans_image', 'trans_posemb', 'trans_palette'],
};

test.each(Object.entries(MISTAKES))('%s is a change of one place', (_, { file, from, to }) => {
  const text = readFileSync(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)), 'utf8');
  expect(text.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});

test.each(Object.keys(AMONG).map((name) => [name, MISTAKES[name]!] as const))(
  '%s is caught, and the right requirement is among the first three',
  async (name, mistake) => {
    const implementation = processImplementation(`node --import tsx ${adapter} --mistake ${name}`);
    onTestFinished(() => implementation.close());
    const outcomes: Outcome[] = [];
    const selected = vectors.filter((vector) => AMONG[name]!.includes(vector.name));
    for await (const outcome of runVectors(selected, implementation)) outcomes.push(outcome);
    expect(outcomes.filter(({ status }) => status === 'errored')).toEqual([]);
    expect(outcomes.some(({ status }) => status === 'fail')).toBe(true);
    const suspects = diagnose(outcomes).slice(0, 3);
    expect(suspects.map(({ requirement }) => requirement)).toContain(mistake.contradicts);
  },
);
