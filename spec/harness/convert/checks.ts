import { globPattern } from '../json-pointer.js';
import type { Check, Flag, Tier } from '../vector.js';
import type { Draft } from './draft.js';
import { FLAGS, type FlagName } from './flags.js';
import { resultsByStep } from './generation-steps.js';
import { REQUIREMENTS, type Row } from './requirements.js';

/**
 * The requirements that the results of a vector check.
 *
 * @param names the results
 */
export function checksOf(
  kind: string,
  draft: Draft,
  names: readonly string[],
): { checks: Check[]; flags: Record<string, Flag> } {
  const rows = [...(REQUIREMENTS[kind] ?? []), ...rowsOf(kind, draft)];
  const merged = new Map<string, { results: string[]; requirements: string[]; flags: readonly FlagName[] }>();
  for (const [results, requirements, flags, when] of rows) {
    if ((when && !when(draft.options)) || !names.some((name) => matches(results, name))) continue;
    const key = `${requirements} ${flags}`;
    const check = merged.get(key) ?? { results: [], requirements: requirements.split(' '), flags };
    check.results.push(results);
    merged.set(key, check);
  }
  const checks: Check[] = [...merged.values()];
  const flags = [...new Set(checks.flatMap((check) => check.flags as FlagName[]))];
  return { checks, flags: Object.fromEntries(flags.map((name) => [name, FLAGS[name]])) };
}

function matches(glob: string, name: string): boolean {
  return globPattern(glob).test(name);
}

/** The tier of a kind. */
export function tierOf(kind: string): Tier {
  if (kind === 'fullsize.generate') return 'full';
  if (/^(vq\.train|fm\.gradient|vq\.kmeans|fmvit\.lora)/.test(kind)) return 'training';
  if (/^(eval|image|media)\.|caption_f1/.test(kind)) return 'metrics';
  if (/^(vq|sched)\./.test(kind)) return 'tokenizers';
  return /^gen\./.test(kind) ? 'generation' : 'core';
}

/** Kinds whose vectors have many calls, each of which checks requirements of its own. */
function rowsOf(kind: string, draft: Draft): Row[] {
  const { options, source, values, tensors } = draft;
  switch (kind) {
    case 'gen.filter':
      return (options.combos as Combo[]).flatMap(({ i, top_k, top_p, temperature_for_probs: temperature }): Row[] => {
        const name = `out.f${String(i).padStart(3, '0')}`;
        return [
          ...(top_p && temperature !== 1 ? [[`${name}.*`, 'SMP-10', ['temperature-order']] as const] : []),
          ...(top_k ? [[`${name}.filtered`, 'SMP-3', ['top-k-ties']] as const] : []),
          ...(top_p ? [[`${name}.filtered`, 'SMP-4', ['top-p-boundary']] as const] : []),
          [`${name}.*`, 'SMP-2', ['temperature-order']],
        ];
      });
    case 'gen.sample':
      return resultsByStep(draft).flatMap((results, step) => generationRows(draft, step, results));
    case 'gen.schedules':
      return (options.calls as { result: string; schedule: string; derived?: string }[]).map((call): Row => {
        const requirement = call.derived ? DERIVED[call.derived]! : call.schedule === 'cosine' ? 'SCH-1' : 'SCH-2';
        return [
          call.result,
          requirement,
          [call.derived && call.derived !== 'continue' ? 'temperature-schedule' : 'schedule-rounding'],
        ];
      });
    case 'sched.steps': {
      // Only the last step goes beyond the first timestep.
      const { scheduler, num_inference_steps: steps } = options.config as {
        scheduler: string;
        num_inference_steps: number;
      };
      const last = `out.prev_sample.${String(steps - 1).padStart(2, '0')}`;
      return scheduler === 'DDIMScheduler' ? [[last, 'DIF-6', ['step-variance']]] : [];
    }
    case 'sched.tables': {
      type Table = { i: number; scheduler: string; args: { beta_schedule?: string; zero_terminal_snr?: boolean } };
      return (options.configs as Table[]).flatMap(({ i, scheduler, args }): Row[] => {
        const name = `out.${String(i).padStart(2, '0')}.*`;
        const schedule = args.beta_schedule ?? 'linear';
        const kind = schedule.startsWith('shifted_cosine')
          ? 'SCH-10'
          : schedule.startsWith('squaredcos')
            ? 'SCH-9'
            : 'SCH-8';
        const hasZeroSnr = scheduler !== 'PNDMScheduler' && args.zero_terminal_snr !== false;
        return [
          [name, `${kind} SCH-7`, ['beta-schedule']],
          ...(hasZeroSnr ? [[name, 'SCH-11', ['zero-terminal-snr']] as const] : []),
        ];
      });
    }
    case 'mask.decoder_attention':
      return (options.expansions as { result: string; causal: boolean; separate: boolean }[]).flatMap((call): Row[] => [
        call.causal ? [call.result, 'TRN-21', ['causal-mask']] : [call.result, 'TRN-19 TRN-20', ['mask-expansion']],
        ...(call.separate ? [[call.result, 'TRN-22', ['mask-separation']] as const] : []),
      ]);
    case 'image.resize':
      return (source.data as { sets: { tensor: string; library: string; filter: string }[] }).sets.map((set): Row => {
        const pillow = set.filter === 'nearest' ? 'TRF-7' : 'TRF-5 TRF-6';
        const requirements = { pillow, opencv: 'TRF-8', torch: 'TRF-9' }[set.library] ?? 'TRF-5';
        return [set.tensor, requirements, ['resize-filter']];
      });
    case 'media.decode':
      return (options.files as Record<string, string>[]).flatMap((file): Row[] => {
        const requirements = file.file!.endsWith('.png') ? 'TRF-1' : 'TRF-2';
        const isRejected = values.some(({ results, rejection }) => results === file.result && rejection);
        const results = [file.result, file.rgb, file.rgba, file.cmyk, file.gray16].filter((name) => name !== undefined);
        return results.flatMap((name): Row[] => [
          isRejected || tensors[name]?.rejection
            ? [name, 'TRF-4', ['damaged-accepted']]
            : [
                name,
                /orientation/.test(file.file!) ? `${requirements} TRF-3` : requirements,
                ['pixel-decoding', 'channel-order'],
              ],
        ]);
      });
    default:
      return [];
  }
}

/** Requirements of schedules derived from a token schedule. */
const DERIVED: Readonly<Record<string, string>> = {
  lineartemp: 'SCH-4',
  onex: 'SCH-5',
  decreasing: 'SCH-6',
  continue: 'SCH-3',
};

/** Of `gen.filter`. */
interface Combo {
  readonly i: number;
  readonly top_k: number;
  readonly top_p: number;
  readonly temperature_for_probs: number;
}

interface Step {
  readonly scheme: string;
  readonly temperature: number;
  readonly cfg_scale: number | readonly number[];
  readonly cfg_cond_domains: readonly string[];
}

/** Requirements checked by the results of one generation step. */
function generationRows({ options }: Draft, index: number, results: readonly string[]): Row[] {
  const step = (options.schedule as Step[])[index];
  if (!step) return [];
  const { scheme, temperature, cfg_scale: scale } = step;
  const isSequence = scheme === 'autoregressive';
  const isGreedy = Math.abs(temperature) <= 1e-10;
  const isWeighted = typeof scale !== 'number';
  const isGuided = !isWeighted && scale !== 1 && step.cfg_cond_domains.length > 0;
  const rows: Row[] = [];
  const add = (part: RegExp, requirements: string, flags: readonly FlagName[], isChecked = true) => {
    if (isChecked) for (const name of results) if (part.test(name)) rows.push([name, requirements, flags]);
  };
  const logits = /^out\.call/;
  add(logits, isSequence ? 'GEN-13' : 'GEN-9', ['decided-changes']);
  add(logits, 'GEN-11', ['roar-order'], scheme === 'roar');
  add(logits, 'GEN-16', ['unconditional-inputs'], isWeighted);
  add(logits, 'GDC-4 GEN-2 GDC-5', ['unconditional-inputs'], isGuided);
  // The sampled tokens of a sequence are only visible in the merged target.
  const drawn = isSequence ? /^out\.step\d+\.tensor$/ : /^out\.sel\d+\.samples$/;
  add(drawn, 'GDC-1 GDC-6', ['guidance-reversed'], isGuided);
  add(drawn, 'GDC-3', ['guidance-weights'], isWeighted);
  add(drawn, 'GDC-2', ['guidance-reversed'], !isGuided && !isWeighted);
  add(drawn, 'SMP-1', ['greedy-threshold'], isGreedy);
  add(drawn, 'SMP-2 SMP-5', ['temperature-order', 'cdf-boundary'], !isGreedy && options.sampler === 'uniform');
  add(drawn, 'SMP-3', ['top-k-ties'], Boolean(options.top_k));
  add(drawn, 'SMP-4', ['top-p-boundary'], Boolean(options.top_p));
  add(/sampled_probs$/, 'SMP-6', ['confidence-wrong']);
  add(/^out\.(sel|call)/, 'GEN-17', ['unconditional-inputs'], isWeighted && scheme === 'roar');
  const target = /^out\.step/;
  add(target, 'SMP-8', ['maskgit-selection', 'argsort-ties'], scheme === 'maskgit' && isGreedy);
  add(target, 'SMP-7', ['maskgit-selection'], scheme === 'maskgit' && !isGreedy);
  add(target, 'GEN-10', ['maskgit-selection'], scheme === 'maskgit');
  add(target, 'GEN-11', ['roar-order'], scheme === 'roar');
  add(target, 'GEN-12', ['decided-changes'], !isSequence);
  add(/^out\.step\d+\.tensor$/, 'GEN-14 GEN-15', ['stop-token'], isSequence);
  add(/^out\.step\d+\..*_mask$/, 'GEN-15', ['sequence-layout'], isSequence);
  return rows;
}
