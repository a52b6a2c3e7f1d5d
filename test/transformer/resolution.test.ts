import { expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors.js';
import { checkParameters, loadParameters, type TensorReader } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import { parseFmVitConfig } from '../../src/transformer/config.js';
import { buildFmVit, type FmVit } from '../../src/transformer/fm-vit.js';
import { adaptResolution } from '../../src/transformer/resolution.js';
import { onOneBackend } from '../on-backends.js';
import { expectClose, vectorCase } from '../vectors.js';

onOneBackend();

const TABLE = 'pos_emb';
const config = { patch_size: 4, dim: 8, num_heads: 2, encoder_depth: 1 };
const vitOf = (side: number) => buildFmVit(parseFmVitConfig({ ...config, img_size: 4 * side }));
const { data } = vectorCase('trans_posemb');
const vector = (name: string) => data.read(name) as Float32Array;

/** The tensors of a model of 4 × 4 patches, with the positions of the vectors, and of another shape if so told. */
function checkpoint(positions = vector('in.rgb_pos_emb')): TensorReader {
  const random = new Random(0);
  const tensors = new Map(
    vitOf(4).parameters.all.map(({ names, shape, size }) => {
      const isTable = names[0]!.endsWith(TABLE);
      const values = isTable ? positions : Float32Array.from({ length: size }, () => random.normal());
      return [names[0]!, { shape: isTable ? [1, positions.length / 8, 8] : [...shape], values }] as const;
    }),
  );
  return { tensors, read: (name) => tensors.get(name)!.values };
}

async function valuesOf(model: FmVit, reader: TensorReader): Promise<Record<string, Float32Array>> {
  await loadParameters(model.parameters.all, reader);
  const values: Record<string, Float32Array> = {};
  for (const p of model.parameters.all) {
    values[p.names[0]!.replace(/rgb@\d+/, 'rgb')] = await p.read();
    p.dispose();
  }
  return values;
}

it('for larger images, positions are interpolated as officially, and other tensors are unchanged', async () => {
  const own = await valuesOf(vitOf(4), checkpoint());
  expect(() => checkParameters(vitOf(7).parameters.all, checkpoint())).toThrow(CheckpointError);
  const larger = await valuesOf(vitOf(7), adaptResolution(vitOf(7), checkpoint()));
  const table = `encoder_embeddings.rgb.${TABLE}`;
  expectClose(larger[table]!, vector('out.rgb_pos_emb_7x7'), { rtol: 1e-4, atol: 3e-5 });
  const { [table]: _own, ...rest } = own;
  expect(larger).toMatchObject(rest);
});

it('at its own size a checkpoint is unchanged', async () => {
  expect(await valuesOf(vitOf(4), adaptResolution(vitOf(4), checkpoint()))).toEqual(
    await valuesOf(vitOf(4), checkpoint()),
  );
});

it('non-square position grids are rejected by name', async () => {
  const loading = loadParameters(
    vitOf(7).parameters.all,
    adaptResolution(vitOf(7), checkpoint(new Float32Array(15 * 8))),
  );
  await expect(loading).rejects.toThrow(
    'cannot interpolate the 15 positions of "encoder_embeddings.rgb@16.pos_emb" to 49: both grids must be square',
  );
});
