/** Cases of the transformer and of generation. */
import { InvalidInputError } from '../../../src/errors.js';
import { pointersOf } from '../json-pointer.js';
import { type Draft, floating } from './draft.js';
import { resultsByStep } from './generation-steps.js';
import type { LegacyCase } from './legacy-case.js';
import type { Rules } from './rules.js';

export const transformerRules: Rules = {
  'fm.forward': (draft) => forward(draft),
  'fm.gradient': (draft) => {
    const of = draft.source.sibling(draft.field('of'));
    draft.options.config = of.about.config;
    draft.options.modality_info_overrides = of.about.modality_info_overrides ?? {};
    draft.take('loss_type', 'num_encoder_tokens', 'num_decoder_tokens', 'decoder_modality_order');
    draft.options.modality_order = { in: modalityOrder(of, 'in') };
    draft.files.checkpoint = `../${of.name.split('/').at(-1)}/model.safetensors`;
    for (const name of of.tensorNames.filter((name) => name.startsWith('in.'))) {
      const { dtype, shape } = of.safetensors().tensors.get(name)!;
      draft.inputs[name] = { dtype: dtype as 'F32', shape, file: `../${of.name.split('/').at(-1)}/data.safetensors` };
    }
    for (const name of draft.field<string[]>('no_gradient')) {
      draft.expect(`has_gradient.${name}`, undefined, { value: false });
    }
  },
  'fmvit.forward': () => {},
  'fmvit.from_fm_config': () => {},
  'fmvit.lora': (draft) => {
    const { state_dict_additions, ...lora } = draft.field<Record<string, unknown>>('lora');
    draft.options.lora = lora;
    draft.take('modality_info_overrides', 'num_encoder_tokens', 'num_decoder_tokens');
    draft.options.modality_order = { in: modalityOrder(draft.source, 'in') };
    draft.expect('state_dict_additions', undefined, { value: state_dict_additions });
  },
  checkpoint: (draft) => {
    draft.take('modality_info_overrides');
    const stored = draft.source.safetensors('model.safetensors').tensors;
    const shapes = Object.fromEntries([...stored].map(([name, { shape }]) => [name, shape]));
    draft.expect('tensors', undefined, { value: shapes });
  },
  manifests: (draft) => {
    const models = draft.field<{ name: string; file: string }[]>('models');
    draft.options.models = models.map(({ name, file }) => ({ name, config: { $file: file, $pointer: '/config' } }));
    for (const { name, file } of models) draft.expect(name, undefined, { from: { file, pointer: '/keys' } });
  },
  'fullsize.generate': fullSize,
  'gen.cfg_formula': (draft) => {
    draft.options.calls = Object.keys(draft.tensors).map((result) => {
      const weights = result
        .replace(/^out\.(guided_|multi_w)/, '')
        .split('_w')
        .map(Number);
      const conditions = weights.map((_, i) => (i === 0 ? 'in.cond' : `in.cond${i + 1}`));
      return { result, unconditional: 'in.uncond', conditions, weights };
    });
  },
  'gen.filter': (draft) => {
    draft.take('combos').hold(/\.filtered$/, undefined);
  },
  'gen.init': (draft) => {
    draft.take('custom_text', 'empty_target_args', 'modality_info_overrides');
    draft.needsVocabulary = true;
  },
  'gen.sample': generation,
  'gen.schedules': schedules,
  'gen.chained_schedules': (draft) => {
    draft.take('modality_info_overrides').entries('/*', ['args'], { schedule: 'default' });
    for (const { pointer, value } of pointersOf(draft.source.data, '/*/schedule')) {
      if (typeof value === 'string') draft.values.unshift({ results: pointer, rejection: 'required' });
    }
  },
};

function forward(draft: Draft): void {
  draft.take('modality_info_overrides', 'num_encoder_tokens', 'num_decoder_tokens', 'decoder_modality_order');
  draft.options.modality_order = { in: modalityOrder(draft.source, 'in') };
  // Losses behind those that they are made of.
  const isTotal = (name: string) => /^out\.loss_(mod|token)$/.test(name);
  const names = Object.keys(draft.tensors);
  draft.order([...names.filter((name) => !isTotal(name)), ...names.filter(isTotal)]);
}

/** The modalities with a prefix, in the model's order: the one in the options, or the order in the case. */
function modalityOrder(source: LegacyCase, under: string): string[] {
  const { encoder_modality_order: read, decoder_modality_order: predicted } = source.about;
  if (read && predicted) return [...new Set([...(read as string[]), ...(predicted as string[])])];
  const listed = Object.keys(source.about.inputs ?? {});
  return (listed.length > 0 ? listed : source.tensorNames)
    .filter((key) => key.startsWith(`${under}.`) && key.endsWith('.tensor'))
    .map((key) => key.slice(under.length + 1, -'.tensor'.length));
}

function generation(draft: Draft): void {
  const { source } = draft;
  draft.take('modality_info_overrides', 'schedule', 'top_k', 'top_k_kind', 'top_p', 'sampler');
  const path = String(source.about.model ?? 'model.safetensors');
  if (source.about.model !== undefined) {
    const name = /^\.\.\/([^/]+)\/model\.safetensors$/.exec(path)?.[1];
    if (name === undefined) throw new InvalidInputError(`${source.name}: "model" names no checkpoint of another case`);
    const weights = source.sibling(name);
    if (!source.about.config) {
      draft.options.config = weights.about.config;
      draft.options.modality_info_overrides = weights.about.modality_info_overrides ?? {};
    }
  }
  draft.files.checkpoint = path;
  const unders = ['in'];
  if (source.tensorNames.some((name) => name.startsWith('in.uncond.'))) {
    unders[0] = 'in.uncond';
    while (source.tensorNames.some((name) => name.startsWith(`in.cond${unders.length - 1}.`))) {
      unders.push(`in.cond${unders.length - 1}`);
    }
  }
  draft.options.modality_order = Object.fromEntries(unders.map((under) => [under, modalityOrder(source, under)]));
  // The modality of each pass. The passes of a target generated token by token are the last ones.
  draft.options.logits_calls = ((draft.source.about.call_log ?? []) as string[]).flatMap((event) => {
    const call = /^call\d+\.logits\[(.*)\]$/.exec(event);
    return call ? [call[1]] : [];
  });
  draft.order(resultsByStep(draft).flat());
}

/** Several token schedules, whose keys contain the function and its arguments. */
function schedules(draft: Draft): void {
  const calls: Record<string, unknown>[] = [];
  const anyNaN = draft.tolerance({ form: 'close', rtol: 1e-9, atol: 1e-12, nan: 'any' });
  (draft.source.data as Record<string, unknown>[]).forEach((entry, i) => {
    for (const [key, expected] of Object.entries(entry)) {
      // Null: the reference fails.
      if (key === 'steps' || key === 'tokens' || expected === null) continue;
      const [schedule, then, ...rest] = key.split('_') as [string, string | undefined, ...string[]];
      const numbers = rest.filter((part) => part !== 'at').map(Number);
      const names = ARGUMENTS[then ?? ''];
      if (!names || numbers.length !== names.length) {
        throw new InvalidInputError(`${draft.source.name}: [${i}].${key} is no schedule that is known`);
      }
      const given = Object.fromEntries(names.map((name, n) => [name, numbers[n]]));
      const call = { steps: entry.steps, tokens: entry.tokens, schedule, ...(then && { derived: then }), ...given };
      calls.push({ result: `/${i}/${key}`, ...call });
      draft.expect(`/${i}/${key}`, anyNaN);
    }
  });
  draft.options.calls = calls;
}

/** Arguments of the schedules derived from a token schedule. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  '': [],
  lineartemp: ['start'],
  onex: ['start', 'lowest', 'power'],
  decreasing: ['start', 'lowest'],
  continue: ['from'],
};

/** Ids count as equal if their logits differ by at most this, as the cases describe. */
const TIE = 5e-3;

function fullSize(draft: Draft): void {
  const { checkpoint, input } = draft.source.about as unknown as {
    checkpoint: { manifest: string; seed: number; dtype: string };
    input: Record<string, unknown> & { a: number; b: number; c0: number };
  };
  const { a, b, c0, ...described } = input;
  const [modality, ...others] = Object.keys(described);
  if (modality === undefined || others.length > 0) {
    throw new InvalidInputError(
      `${draft.source.name} gives ${Object.keys(described).length} modalities instead of one`,
    );
  }
  const names = Object.keys(draft.tensors).join(' ');
  const count = (pattern: RegExp) => Number(pattern.exec(names)?.[1] ?? 0);
  const top = count(/out\.seq\.top(\d+)_ids/);
  draft.files.manifest = `../${checkpoint.manifest}`;
  draft.options.run = {
    checkpoint: { manifest: 'manifest', generator: 'pool-1', seed: checkpoint.seed, dtype: checkpoint.dtype },
    input: { modality, pixels: 'waves', a, b, c0 },
    dense_target: draft.field('dense_target'),
    sequence_target: draft.field('sequence_target'),
    sequence_steps: draft.field('sequence_steps'),
    sequence_prepared_length: draft.field('sequence_prepared_length'),
    top,
    logits_rows: count(/out\.dense\.logits_first(\d+)/),
    encoder_rows: count(/out\.encoder\.output_first(\d+)/),
  };
  draft.alias('in.seq.ids', 'out.seq.ids');
  // The tolerance of the case is larger than the effect of embeddings that encoder and decoder do not share.
  for (const [name, { dtype }] of Object.entries(draft.tensors)) {
    if (floating(dtype)) draft.tensors[name] = { ...draft.tensors[name]!, tolerance: draft.within(1e-4, 1e-4) };
  }
  draft.hold(/^out\.dense\.ids$/, draft.tolerance({ form: 'untied', margins: 'out.dense.margin', tie: TIE }));
  draft.hold(/_ids$/, draft.tolerance({ form: 'untied', scores: `out.seq.top${top}_logits`, tie: TIE }));
  const logits = draft.source.numbers(`out.seq.top${top}_logits`);
  const margins = Array.from(
    { length: logits.length / top },
    (_, step) => logits[step * top]! - logits[step * top + 1]!,
  );
  // The first token is given.
  draft.hold(/^out\.seq\.ids$/, draft.tolerance({ form: 'untied', margins: [1, ...margins], tie: TIE }));
}
