import { CaptionMetric, type CaptionVocabulary, namedObjects } from '../../../../src/evaluation/captions.js';
import { mean } from '../../../../src/evaluation/statistics.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

interface CaptionPair {
  readonly prediction: string;
  readonly reference: string;
}

type CaptionCase = CaptionVocabulary & { readonly pairs: CaptionPair[] };

/** `text.caption_f1`: precision, recall and F1 of the objects that captions name. */
export function captionMetrics(task: Inputs, out: Outputs): void {
  const { pairs, ...vocabulary } = task.json() as CaptionCase;
  const all = new CaptionMetric();
  const each = pairs.map(({ prediction, reference: truth }, i) => {
    const [named, wanted] = [namedObjects(prediction, vocabulary), namedObjects(truth, vocabulary)];
    const one = new CaptionMetric();
    const matches = one.add(named, wanted);
    all.add(named, wanted);
    const pairsOf = (objects: typeof named) => objects.map(({ colour, shape }) => [colour, shape]);
    const pair = { prediction_pairs: pairsOf(named), reference_pairs: pairsOf(wanted), matches };
    out.value(`/pairs/${i}`, { ...pair, ...one.result() });
    return one.result().f1;
  });
  out.value('/micro', all.result());
  out.value('/macro_f1', mean(each));
}
