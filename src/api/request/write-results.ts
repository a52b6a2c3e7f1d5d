/** Converts generated tokens to results. */
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { DECODING_DONE, type Report } from '../progress/progress.js';
import { type ModelParts, tokenModality } from '../resources/model-parts.js';
import { isWords, modalityNamed } from '../types/description.js';
import type { GenerateOptions } from '../types/options.js';
import type { Result } from '../types/results.js';
import { withSaving } from './saving.js';
import { randomOf } from './seeds.js';
import { formatOf } from './texts/index.js';

/**
 * Converts the tokens of a modality to results.
 *
 * @param name   a modality's short name
 * @param tokens of every sample
 * @throws CancelledError when the signal fires
 */
export async function writeResults(
  model: ModelParts,
  name: string,
  tokens: readonly Int32Array[],
  { seed = 0, signal }: Pick<GenerateOptions, 'seed' | 'signal'> = {},
  report: Report = () => {},
): Promise<Result[]> {
  const modality = modalityNamed(model.description, name);
  switch (modality.kind) {
    case 'image':
    case 'features':
    case 'embedding':
    case 'published': {
      const codec = await model.codec(modality, signal);
      const info = tokenModality(model, name);
      const onStep = writingReports(report, name, writingWork(model, name) * tokens.length);
      await pauseOrCancel(signal, `detokenizing '${name}'`);
      const results = await codec.detokenize(tokens, info, randomOf(seed, tokens.length), { signal, onStep });
      onStep(1, 1);
      return results.map((result) => withSaving({ ...result, modality: modality.tokens }));
    }
    case 'embeddings':
      throw new InvalidInputError(`'${name}' can only be given`);
    default: {
      const [vocabulary, format] = [await model.text(signal), formatOf(modality)];
      report({ phase: 'detokenizing', modality: name, done: 1, total: 1, kind: 'host' }, new Map(), DECODING_DONE);
      const results: Result[] = [];
      for (const ids of tokens) {
        const result = await format.result(ids, vocabulary.decode(ids), model);
        results.push(withSaving({ ...result, modality: modality.tokens }));
      }
      return results;
    }
  }
}

/** Cost of detokenizing a sample, in tokens; 0 for texts. */
export function writingWork(model: ModelParts, name: string): number {
  return isWords(modalityNamed(model.description, name)) ? 0 : tokenModality(model, name).maxTokens;
}

/**
 * Reports progress of detokenizing; the first report is made at once.
 *
 * @param work of all steps together
 * @returns    called after every diffusion step, or once for other tokenizers
 */
function writingReports(report: Report, modality: string, work: number): (done: number, total: number) => void {
  const stage = { phase: 'detokenizing', modality, kind: `write ${modality}` } as const;
  let before = 0;
  report({ ...stage, done: 0, total: 1 }, undefined, DECODING_DONE);
  return (done, total) => {
    if (before === 1) return;
    report({ ...stage, done, total }, new Map([[stage.kind, (done / total - before) * work]]));
    before = done / total;
  };
}
