import { pauseOrCancel } from '../errors.js';
import { mergeSpans } from '../masking/span-mask.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { sampleToken } from './sampling.js';
import { SequenceDecoder } from './sequence-decoder.js';
import { fullSequence } from './state.js';
import type { StepOptions } from './step.js';

/** How a sequence is said. */
export interface SequenceOptions extends StepOptions {
  /**
   * Token ids after which a sample is complete. Absent, the id at the end of the first sample's target, and nothing is cut
   * off behind it but by the sentinels: as officially.
   */
  readonly stopIds?: readonly number[];
  /** With `official`, what was said counts as target as well as input. No model sees the difference: nothing is predicted there. */
  readonly compat?: 'official';
  readonly signal?: AbortSignal | undefined;
  /** Called after every token with how many there are, and how many there can be. */
  readonly onToken?: (done: number, most: number) => void;
}

/**
 * Says a sequence from left to right, starting with the first token of its target, until every sample is complete or the
 * target's places are used up. (`autoregressive_step_batched` and `guided_autoregressive_step_batched` officially.)
 *
 * @returns the batch with the sequence as input: what was input before, every sentinel replaced by what was said for it
 * @throws CancelledError when the signal fires
 */
export async function autoregressiveStep(
  model: FourM,
  batch: Batch,
  modality: string,
  options: SequenceOptions,
): Promise<Batch> {
  const { ids, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  const own = (b: number, mask: Uint8Array) =>
    Array.from(ids!.subarray(b * length, (b + 1) * length)).filter((_, l) => mask[b * length + l] === 0);
  const targets = Array.from({ length: batch.size }, (_, b) => own(b, targetMask));
  const most = Math.min(model.modalities[modality]!.maxTokens, targets[0]!.length);
  const stopIds = options.stopIds ?? targets[0]!.slice(-1);

  const said = targets.map((target) => target.slice(0, 1));
  const complete = (sequence: number[]) => sequence.some((id) => stopIds.includes(id));
  const decoder = new SequenceDecoder(model, batch, modality, options.guidance, options.vocabulary);
  try {
    for (let i = 0; i < most && !said.every(complete); i++) {
      await pauseOrCancel(options.signal, `generating '${modality}'`);
      const logits = await decoder.next(Int32Array.from(said, (sequence) => sequence[i]!));
      const width = logits.length / batch.size;
      said.forEach((sequence, b) => {
        sequence.push(sampleToken(logits.subarray(b * width, (b + 1) * width), options, options.draws).id);
      });
      options.onToken?.(i + 1, most);
    }
  } finally {
    decoder.dispose();
  }

  const merged = said.map((sequence, b) => {
    const input = own(b, inputMask);
    const cut = options.stopIds ? upToStop(sequence, options.stopIds) : sequence;
    const { sentinelIds } = options.vocabulary;
    return mergeSpans(input.length > 0 ? input : [sentinelIds[1]!], cut, sentinelIds);
  });
  const known = fullSequence(merged, options.vocabulary);
  const state = options.compat === 'official' ? { ...known, targetMask: known.inputMask.slice() } : known;
  return { size: batch.size, modalities: { ...batch.modalities, [modality]: state } };
}

function upToStop(sequence: readonly number[], stopIds: readonly number[]): readonly number[] {
  const stop = sequence.findIndex((id) => stopIds.includes(id));
  return stop < 0 ? sequence : sequence.slice(0, stop + 1);
}
