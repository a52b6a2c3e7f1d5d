import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, type SafetensorsFile } from '../../../src/checkpoints/safetensors.js';
import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import type { VectorFile } from '../../harness/vector.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

const [OF, OVERFLOWING] = ['fm_mod7_gelu', 'fm_seq_overflow'];
const [PIXELS, FIRST_IMAGE, SECOND_IMAGE, SEQUENCE] = ['rgb@224', 'tok_rgb@224', 'tok_depth@224', 'caption'];

/** Inputs and targets of few modalities, one requirement at a time. @param vectors of the official ones */
export function selection(vectors: string): Record<string, OwnVector> {
  const source = new Source(vectors, OF!);
  return {
    patch_layout: patches(source),
    target_shift: shifted(source),
    target_order: ordered(source),
    target_limit: limited(source),
    position_overflow: overflowing(new Source(vectors, OVERFLOWING!)),
  };
}

/** An official vector: its model, and its inputs with other masks. */
class Source {
  readonly of: VectorFile;
  readonly #name: string;
  readonly #model: SafetensorsFile;
  readonly #data: SafetensorsFile;

  constructor(vectors: string, name: string) {
    this.#name = name;
    const read = (file: string) => new Uint8Array(readFileSync(join(vectors, name, file)));
    this.of = JSON.parse(new TextDecoder().decode(read('vector.json')));
    const open = (file: string) => readSafetensors(read(file), file);
    this.#model = open('model.safetensors');
    this.#data = open('data.safetensors');
  }

  weight(name: string): Float32Array {
    return this.#model.read(name) as Float32Array;
  }

  input(name: string): ArrayLike<number> {
    return this.#data.read(`in.${name}`) as ArrayLike<number>;
  }

  /** @returns [B, L] */
  size(modality: string): [number, number] {
    return this.of.inputs[`in.${modality}.input_mask`]!.shape as [number, number];
  }

  get width(): number {
    return (this.of.options.config as { dim: number }).dim;
  }

  /**
   * A vector with inputs or targets at the given positions, and at no others.
   *
   * @param positions for each modality and sample
   */
  vector(
    { kind, tier, tolerances }: VectorFile,
    mask: 'input_mask' | 'target_mask',
    positions: Readonly<Record<string, readonly (readonly number[])[]>>,
    results: readonly NamedTensor[],
  ) {
    const names = Object.keys(this.of.inputs).filter((name) => name.endsWith(mask));
    const masks = names.map((name) => {
      const modality = name.slice('in.'.length, -mask.length - 1);
      const [size, length] = this.size(modality);
      const flags = Array.from({ length: size * length }, (_, i) => {
        const own = positions[modality]?.[Math.floor(i / length)] ?? [];
        return Number(!own.includes(i % length));
      });
      return tensor(name, 'U8', [size, length], flags);
    });
    const shared = Object.entries(this.of.inputs)
      .filter(([name]) => !names.includes(name))
      .map(([name, entry]) => [name, { ...entry, file: `../${this.#name}/data.safetensors` }]);
    return {
      kind,
      tier,
      files: { checkpoint: `../${this.#name}/model.safetensors` },
      inputs: Object.fromEntries(shared),
      tensors: [...masks, ...results],
      ...(results.some(({ dtype }) => dtype === 'F32') && { tolerances: { default: tolerances.default! } }),
      expected: { tensors: expectedOf(results, 'default') },
    };
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** EMB-6: pixel patches alone. */
function patches(source: Source): OwnVector {
  const [size, count] = source.size(PIXELS!);
  const [, channels, height, width] = source.of.inputs[`in.${PIXELS}.tensor`]!.shape as [
    number,
    number,
    number,
    number,
  ];
  const pixels = source.input(`${PIXELS}.tensor`);
  const weight = source.weight(`encoder_embeddings.${PIXELS}.proj.weight`);
  const side = Math.sqrt((height * width) / count);
  const values = range(0, size * count * source.width).map((i) => {
    const [row, token] = [i % source.width, Math.floor(i / source.width)];
    const [b, patch] = [Math.floor(token / count), token % count];
    const [top, left] = [Math.floor(patch / (width / side)) * side, (patch % (width / side)) * side];
    let sum = 0;
    let at = row * side * side * channels;
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++)
        for (let c = 0; c < channels; c++)
          sum += weight[at++]! * pixels[((b * channels + c) * height + y) * width + x]!;
    return sum;
  });
  const all = Array.from({ length: size }, () => range(0, count));
  const result = tensor('out.encoder_tokens', 'F32', [size, count, source.width], values);
  return {
    ...source.vector(source.of, 'input_mask', { [PIXELS!]: all }, [result]),
    description: 'patches of pixels as the only input',
    options: { ...source.of.options, num_encoder_tokens: count },
    requirements: ['EMB-6'],
    flag: 'patch-layout',
  };
}

/** EMB-11: targets of a sequence in one piece and in two; four pairs each. */
function shifted(source: Source): OwnVector {
  const targets = [
    [4, 5, 6, 7, 8],
    [3, 4, 9, 10, 11, 12],
  ];
  const [size, length] = source.size(SEQUENCE!);
  const ids = source.input(`${SEQUENCE}.tensor`);
  const table = source.weight(`decoder_embeddings.${SEQUENCE}.token_emb.weight`);
  const pairs = targets.map((own) => own.filter((position) => own.includes(position + 1)));
  const count = pairs[0]!.length;
  const read = pairs.flatMap((own, b) => own.map((position) => ids[b * length + position]!));
  const next = pairs.flatMap((own, b) => own.map((position) => ids[b * length + position + 1]!));
  const rows = read.flatMap((id) => [...table.subarray(id * source.width, (id + 1) * source.width)]);
  return {
    ...source.vector(source.of, 'target_mask', { [SEQUENCE!]: targets }, [
      tensor('out.target_ids', 'I32', [size, count], next),
      tensor('out.decoder_tokens', 'F32', [size, count, source.width], rows),
    ]),
    description: 'targets of a sequence, in one piece and in two',
    options: { ...source.of.options, num_decoder_tokens: count, decoder_modality_order: [SEQUENCE] },
    requirements: ['EMB-11'],
    flag: 'teacher-forcing-shift',
  };
}

/** TRN-14: targets of two images, of which the second comes first. */
function ordered(source: Source): OwnVector {
  const targets = {
    [FIRST_IMAGE!]: [
      [0, 3, 7],
      [2, 9, 15],
    ],
    [SECOND_IMAGE!]: [
      [1, 2, 14, 15],
      [0, 4, 8, 12],
    ],
  };
  const order = [SECOND_IMAGE!, FIRST_IMAGE!];
  const size = 2;
  const ids = range(0, size).flatMap((b) =>
    order.flatMap((name) => {
      const [, length] = source.size(name);
      return targets[name]![b]!.map((position) => source.input(`${name}.tensor`)[b * length + position]!);
    }),
  );
  const count = ids.length / size;
  return {
    ...source.vector(source.of, 'target_mask', targets, [tensor('out.target_ids', 'I32', [size, count], ids)]),
    description: 'targets of two images in a given order',
    options: { ...source.of.options, num_decoder_tokens: count, decoder_modality_order: order },
    requirements: ['TRN-14'],
    flag: 'token-order',
  };
}

/** TRN-15: more targets than the limit, and fewer. */
function limited(source: Source): OwnVector {
  const [limit, size] = [6, 2];
  const targets = { [FIRST_IMAGE!]: [range(3, 12), range(3, 7)] };
  const padding = targets[FIRST_IMAGE!]!.flatMap(({ length }) => range(0, limit).map((i) => Number(i >= length)));
  const token = source.weight('mask_token');
  const rows = padding.flatMap((isPadding) => (isPadding ? new Array<number>(source.width).fill(0) : [...token]));
  return {
    ...source.vector(source.of, 'target_mask', targets, [
      tensor('out.decoder_mask', 'U8', [size, limit], padding),
      tensor('out.decoder_tokens', 'F32', [size, limit, source.width], rows),
    ]),
    description: 'more targets than the limit, and fewer',
    options: { ...source.of.options, num_decoder_tokens: limit, decoder_modality_order: [FIRST_IMAGE] },
    requirements: ['TRN-15'],
    flag: 'token-order',
  };
}

/** EMB-9: more targets of a sequence than it has positions. */
function overflowing(source: Source): OwnVector {
  const [name, size] = ['det', 2];
  const targets = { [name]: [range(2, 11), range(4, 13)] };
  const count = targets[name]![0]!.length - 1;
  const longest = (source.of.options.modality_info_overrides as Record<string, { max_length: number }>)[name]!
    .max_length;
  const [positions, modality] = ['pos_emb', 'mod_emb'].map((part) =>
    source.weight(`decoder_embeddings.${name}.${part}`),
  );
  const rows = range(0, size * count * source.width).map((i) => {
    const position = Math.floor(i / source.width) % count;
    return (
      positions![(position < longest ? position : 0) * source.width + (i % source.width)]! +
      modality![i % source.width]!
    );
  });
  const result = tensor('out.decoder_emb', 'F32', [size, count, source.width], rows);
  return {
    ...source.vector(source.of, 'target_mask', targets, [result]),
    description: 'more targets of a sequence than it has positions',
    options: { ...source.of.options, num_decoder_tokens: count, decoder_modality_order: [name] },
    requirements: ['EMB-9'],
    flag: 'sequence-positions',
  };
}
