/** Cases of tokenizers, their training, diffusion and noise schedules. */
import { InvalidInputError } from '../../../src/errors.js';
import type { Draft } from './draft.js';
import type { Rules } from './rules.js';
import { USUAL_TIMESTEP } from './scalar-timestep.js';

/** Rounding errors accumulate over the steps: the tolerance of the cases is 1e-3 here. */
const AFTER_A_RUN = 1e-3;

export const tokenizerRules: Rules = {
  'vq.autoencode': (draft) => {
    draft.take('custom_presets');
    idsFirst(draft);
  },
  'vq.divae': diffusion,
  'vq.kmeans': (draft) => {
    const what = String(draft.source.about.what);
    const iterations = Number(/(\d+) iterations/.exec(what)?.[1] ?? 10);
    const size = Number(/codebook_size (\d+)/.exec(what)?.[1]);
    const names = Object.keys(draft.tensors);
    draft.options.clusterings = names
      .flatMap((name) => /^out\.(\w+)\.means$/.exec(name)?.[1] ?? [])
      .map((name) => ({ name, cosine: name === 'cosine', iterations }));
    draft.options.usages = names.flatMap((result) => {
      const window = /^out\.usage\.window(\d+)$/.exec(result)?.[1];
      return window === undefined ? [] : [{ result, window: Number(window), codebook_size: size }];
    });
  },
  'vq.train_ema': idsFirst,
  'vq.train_memcodes': (draft) => {
    const named = Object.keys(draft.tensors).map((name) => /^(out\.after_sgd_lr([\d.]+)\.)[^.\d]/.exec(name));
    const [, results, rate] = named.find((match) => match !== null) ?? [];
    if (rate === undefined) throw new InvalidInputError(`${draft.source.name} has no step of gradient descent`);
    draft.options.config = { ...draft.source.about.config, sgd_learning_rate: Number(rate), sgd_results: results };
  },
  'sched.steps': (draft) => {
    const steps = Object.keys(draft.tensors).flatMap((name) => /^out\.prev_sample\.(\d+)$/.exec(name)?.[1] ?? []);
    draft.order(['out.timesteps', ...steps.flatMap((k) => [`out.pred_original.${k}`, `out.prev_sample.${k}`])]);
  },
  'sched.tables': (draft) => {
    draft.take('configs');
  },
  'sched.timesteps': (draft) => {
    const what = String(draft.source.about.what);
    draft.options.num_train_timesteps = Number(/(\d+) training steps/.exec(what)?.[1] ?? 1000);
    draft.entries('/*', ['n', 'mode'], { timesteps: undefined });
  },
};

/** Sorts ids before their codes, and timesteps before the samples. */
function idsFirst(draft: Draft): void {
  const earlier = (name: string) => [
    name.replace(/^out\.quant/, 'out.tokens'),
    name.replace(/^out\.quant/, 'out.indices'),
    name.replace(/^out\.sample_/, 'out.timesteps_'),
  ];
  draft.order(Object.keys(draft.tensors).flatMap((name) => [...earlier(name), name]));
}

/** The decoder's inputs are the codes and tokens that are expected from the encoder. */
function diffusion(draft: Draft): void {
  draft.take('custom_presets', 'scheduler_for_sampling');
  idsFirst(draft);
  draft.alias('in.quant', 'out.quant').alias('in.quant_tokens', 'out.tokens');
  if (draft.tensors['out.denoise_scalar_t']) draft.options.scalar_timestep = USUAL_TIMESTEP;
  const noise = draft.source.tensorNames.filter((name) => name.startsWith('in.step_noise.'));
  const runs = Object.keys(draft.tensors).flatMap((sample) => {
    const [, run, sampler, spacing, steps] = /^out\.sample_((ddim|ddpm|pndm)(?:_([a-z]+))?_(\d+))$/.exec(sample) ?? [];
    if (!run) return [];
    const trajectory = `out.traj_${run}`;
    return [
      {
        sample,
        ...(draft.tensors[trajectory] && { trajectory }),
        timesteps: `out.timesteps_${run}`,
        sampler,
        ...(spacing && { spacing }),
        steps: Number(steps),
        noise: sampler === 'ddpm' ? noise.map((_, i) => `in.step_noise.${i}`) : [],
      },
    ];
  });
  draft.options.runs = runs;
  draft.hold(/^out\.(sample|traj)_/, draft.within(AFTER_A_RUN, AFTER_A_RUN));
}
