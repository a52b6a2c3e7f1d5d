import { CaptionMetric, type CaptionVocabulary, namedObjects } from '../../../../src/evaluation/captions.js';
import { mean } from '../../../../src/evaluation/statistics.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import { within } from './sets.js';

interface CaptionPair {
  readonly prediction: string;
  readonly reference: string;
  readonly prediction_pairs: readonly [colour: string, shape: string][];
  readonly reference_pairs: readonly [colour: string, shape: string][];
  readonly matches: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

type CaptionCase = CaptionVocabulary & {
  readonly pairs: CaptionPair[];
  readonly micro: Figures;
  readonly macro_f1: number;
};

/** `text.caption_f1`: the objects that captions name, and how many of them are right. */
export function captionMetrics(reference: ConformanceCase, compare: Comparison): void {
  const { pairs, micro, macro_f1, ...vocabulary } = reference.json() as CaptionCase;
  const all = new CaptionMetric();
  const each = pairs.map(({ prediction, reference: truth, precision, recall, f1, ...pair }, i) => {
    const [named, wanted] = [namedObjects(prediction, vocabulary), namedObjects(truth, vocabulary)];
    const one = new CaptionMetric();
    const matches = one.add(named, wanted);
    all.add(named, wanted);
    const pairsOf = (objects: typeof named) => objects.map(({ colour, shape }) => [colour, shape]);
    const ours = { prediction_pairs: pairsOf(named), reference_pairs: pairsOf(wanted), matches };
    compare.entry(`[${i}]`, pair, [], ours);
    compare.figures(`[${i}]`, { ...one.result() }, { precision, recall, f1 }, within(1e-12));
    return one.result().f1;
  });
  compare.figures('micro', { ...all.result() }, micro, within(1e-12));
  compare.numbers('macro_f1', [mean(each)], [macro_f1], within(1e-12));
}
