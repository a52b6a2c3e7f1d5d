import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { conformance as run } from '../../spec/conformance.js';
import { outcomeOf } from '../cli/running.js';

const vectors = fileURLToPath(new URL('../../spec/vectors', import.meta.url));

/** Copies of vectors that a test may spoil. */
async function copies(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-conformance-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of names) await cp(join(vectors, name), join(folder, name), { recursive: true });
  return folder;
}

async function change(file: string, edit: (text: string) => string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
}

const conformance = (folder: string, ...options: string[]) => outcomeOf(run, [folder, '--backend', 'cpu', ...options]);

test('reports of every vector that it passes, and how far off it was at most', async () => {
  const { exitCode, out } = await conformance(await copies('trans_hash', 'gen_cfg_formula'));
  expect(out.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      /^pass gen_cfg_formula \(gen\.cfg_formula\): 2 results, worst absolute error \S+ in out\.\S+$/,
    ),
    'pass trans_hash (trans.hash): 36 results',
    '2 passed, 0 failed, 0 errored, 0 skipped',
  ]);
  expect(exitCode).toBe(0);
});

test('a number that is off is named, with its index and the worst errors', async () => {
  const folder = await copies('gen_cfg_formula');
  const file = join(folder, 'gen_cfg_formula', 'data.safetensors');
  const bytes = await readFile(file);
  const header = Number(bytes.readBigUInt64LE(0));
  const { 'out.guided_2.5': entry } = JSON.parse(bytes.toString('utf8', 8, 8 + header));
  const at = 8 + header + entry.data_offsets[0] + 4 * (1 * 100 + 3 * 20 + 7);
  bytes.writeFloatLE(bytes.readFloatLE(at) + 0.5, at);
  await writeFile(file, bytes);
  const { exitCode, out } = await conformance(folder);
  expect(out).toMatch(
    /^fail gen_cfg_formula .*: out\.guided_2\.5 is \S+ instead of \S+ at \[1, 3, 7\]; 1 of 200 values differ, worst absolute error 0\.500, /,
  );
  expect(out).toContain('0 passed, 1 failed, 0 errored, 0 skipped');
  expect(exitCode).toBe(1);
});

test('an exact value that differs is shown beside the expected one', async () => {
  const folder = await copies('trans_hash');
  await change(join(folder, 'trans_hash', 'data.json'), (text) => text.replace(/("caption"): ?\d+/, '$1:1'));
  const { out } = await conformance(folder);
  expect(out).toMatch(/^fail trans_hash \(trans\.hash\): \/caption is \d+ instead of 1$/m);
});

test('an unknown result fails the vector', async () => {
  const folder = await copies('gen_cfg_formula', 'mask_merge');
  await change(join(folder, 'gen_cfg_formula', 'vector.json'), (text) =>
    text.replace('"tensors": {', '"tensors": { "out.later": { "dtype": "F32", "shape": [] },'),
  );
  await change(join(folder, 'mask_merge', 'vector.json'), (text) =>
    text.replace('"values":[', '"values":[{ "results": "later", "value": 1 },'),
  );
  const { exitCode, out } = await conformance(folder);
  expect(out).toContain('fail gen_cfg_formula (gen.cfg_formula): out.later is missing');
  expect(out).toContain('fail mask_merge (mask.merge): later is missing');
  expect(exitCode).toBe(1);
});

test('where the reference fails, to reject is right and to accept is not', async () => {
  const folder = await copies('ckpt_metadata');
  const rejected = {
    expected: { tensors: {}, values: [{ results: '/0/parsed', value: null, rejection: 'required' }] },
  };
  const about = JSON.parse(await readFile(join(folder, 'ckpt_metadata', 'vector.json'), 'utf8'));
  await writeFile(join(folder, 'ckpt_metadata', 'vector.json'), JSON.stringify({ ...about, ...rejected }));
  const data = join(folder, 'ckpt_metadata', 'data.json');
  await writeFile(data, '[{ "raw": "2024-02-30" }]');
  expect((await conformance(folder)).out).toContain('pass ckpt_metadata (ckpt.metadata): 1 result');
  await writeFile(data, '[{ "raw": "2024-02-29" }]');
  expect((await conformance(folder)).out).toContain('/0/parsed is a result, but the input must be rejected');
});

test.each([
  ['sched_pndm', '"beta_schedule"', '"beta_scale": 2, "beta_schedule"', /config, "args\.beta_scale": /],
  ['sched_pndm', '"scaled_linear"', '"scaled_linear", "trained_betas": [0.1]', /config, "args\.trained_betas": /],
  ['gen_cfg_formula', '"options": {', '"options": { "scale": 2, ', /options that are not honoured: scale$/m],
  ['vq_divae_unet_x0', '"qkv_bias":true', '"qkv_bias":false', /vit_t1_enc, "qkv_bias": /],
  [
    'vq_divae_unet_x0',
    '"mlp_ratio":4',
    '"mlp_ratio":2',
    /mlp\.fc1\.weight" has shape \[128,32\], but the model's is \[64,32\]/,
  ],
  ['fmvit_lora_attn', '"rank":4', '"rank":4,"dropout":0.1', /lora, "dropout": /],
])('%s with an option that is not honoured fails: %s to %s', async (name, from, to, reason) => {
  const folder = await copies(name);
  await change(join(folder, name, 'vector.json'), (text) => text.replace(from, to));
  expect((await conformance(folder)).out).toMatch(reason);
});

test('unknown kinds are skipped; broken files and vectors without results are not, each for itself', async () => {
  const folder = await copies('trans_hash', 'gen_cfg_formula', 'mask_span', 'mask_image');
  await change(join(folder, 'gen_cfg_formula', 'vector.json'), (text) =>
    text.replace('"gen.cfg_formula"', '"gen.magic"'),
  );
  await writeFile(join(folder, 'mask_span', 'data.json'), '[]');
  await writeFile(join(folder, 'mask_image', 'vector.json'), '{');
  const { exitCode, out } = await conformance(folder);
  expect(out).toContain('skip gen_cfg_formula (gen.magic): the kind "gen.magic" is not known');
  expect(out).toContain('fail mask_span (mask.span): the vector expects nothing');
  expect(out).toMatch(/^errored mask_image \(\?\): .*vector\.json is no JSON/m);
  expect(out).toMatch(/1 passed, 1 failed, 1 errored, 1 skipped\n$/);
  expect(exitCode).toBe(1);
});

test('without the official vocabulary, a vector that needs it is skipped with instructions to get it', async () => {
  const { exitCode, out } = await conformance(await copies('text_decode'), '--reference-data', tmpdir());
  expect(out).toMatch(/^skip text_decode \(text\.decode\): needs the official vocabulary: .*--reference-data/);
  expect(out).toContain('0 passed, 0 failed, 0 errored, 1 skipped');
  expect(exitCode).toBe(0);
});

test('a filter selects by name, and the JSON document has the same rows as the lines', async () => {
  const { out } = await conformance(vectors, '--filter', '{trans_h?sh,mask_*erge}', '--report', 'json');
  expect(JSON.parse(out)).toMatchObject({
    vectors: [
      { name: 'mask_merge', kind: 'mask.merge', status: 'pass', compared: 50 },
      { name: 'trans_hash', kind: 'trans.hash', status: 'pass', compared: 36 },
    ],
    passed: 2,
    failed: 0,
    errored: 0,
    skipped: 0,
  });
});

test('a wrong option is refused, and help is no failure', async () => {
  expect(await conformance(vectors, '--nonsense')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('conformance: unknown option'),
  });
  expect(await conformance(vectors, '--help')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('--reference-data'),
  });
});

test('a folder without vectors, and a filter that matches none, are refused', async () => {
  const empty = await copies();
  expect(await conformance(empty)).toMatchObject({
    exitCode: 2,
    err: `conformance: no vector.json or case.json below ${empty}\n`,
  });
  expect(await conformance(join(empty, 'nowhere'))).toMatchObject({ exitCode: 2 });
  const { exitCode, err } = await conformance(vectors, '--filter', 'nothing*');
  expect(exitCode).toBe(2);
  expect(err).toContain('no vector matches nothing*');
});

// Both keep all tokens. Only the words tell a share of 1 from the count 1, under which nothing is left to draw.
test.each([
  ['gen_maskgit_cfg_uniform', '"top_k": 0,', '"top_k": 1, "top_k_kind": "fraction of vocabulary",', 'pass'],
  ['gen_maskgit_cfg_uniform', '"top_k": 0,', '"top_k": 1, "top_k_kind": "count",', 'fail'],
])('%s with %s as %s: %s', async (name, all, share, status) => {
  const folder = await copies(name, 'gen_model');
  await change(join(folder, name, 'vector.json'), (text) => text.replace(all, share));
  const { out } = await conformance(folder, '--filter', name);
  expect(out).toMatch(new RegExp(`^${status} ${name}`));
});

/** A case of the former form: the files of a vector with another description. */
async function formerCase(name: string, about: object): Promise<string> {
  const folder = await copies(name);
  await rm(join(folder, name, 'vector.json'));
  await writeFile(join(folder, name, 'case.json'), JSON.stringify(about));
  return folder;
}

test('a folder in the former form runs as it is, with inputs from words and names', async () => {
  const tolerance = { rtol: 2e-4, atol: 1e-4, ids: 'exact' };
  const formula = await formerCase('gen_cfg_formula', { kind: 'gen.cfg_formula', config: {}, tolerance });
  expect((await conformance(formula)).out).toMatch(/^pass gen_cfg_formula \(gen\.cfg_formula\): 2 results/);
  const what = 'k-means (3 iterations) and usage (codebook_size 50)';
  const clusters = await formerCase('vq_kmeans_usage', { kind: 'vq.kmeans', what, tolerance });
  expect((await conformance(clusters)).out).toMatch(/^fail vq_kmeans_usage .*out\.\w+\.means/);
  const right = await formerCase('vq_kmeans_usage', { kind: 'vq.kmeans', what: what.replace('3', '10'), tolerance });
  expect((await conformance(right)).out).toMatch(/^pass vq_kmeans_usage/);
});

test('an input in the former format without a rule is no vector', async () => {
  const folder = await formerCase('mask_merge', { kind: 'mask.merge' });
  const file = join(folder, 'mask_merge', 'data.json');
  await change(file, (text) => text.replace('"merged":', '"later": 1, "merged":'));
  expect((await conformance(folder)).out).toContain('unusable vector: mask_merge: /0/later is not known');
  await change(file, (text) => {
    const [{ input, decoder }, ...others] = JSON.parse(text);
    return JSON.stringify([{ input, decoder }, ...others]);
  });
  expect((await conformance(folder)).out).toContain('unusable vector: mask_merge: /0 has no result');
});
