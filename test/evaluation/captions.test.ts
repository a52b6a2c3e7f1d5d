import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CaptionMetric, type CaptionScores, type NamedObject } from '../../src/evaluation/captions.js';
import { evaluationCase } from './cases.js';

type Pair = [colour: string, shape: string];
interface Figures {
  precision: number;
  recall: number;
  f1: number;
}
const { json } = evaluationCase<{
  pairs: (Figures & { prediction: string; prediction_pairs: Pair[]; reference_pairs: Pair[] })[];
  micro: Figures;
}>('caption_f1');

const objects = (pairs: readonly Pair[]) => pairs.map(([colour, shape]): NamedObject => ({ colour, shape }));

function expectFigures(actual: CaptionScores, expected: Figures) {
  for (const figure of ['precision', 'recall', 'f1'] as const) expect(actual[figure]).toBeCloseTo(expected[figure], 12);
}

describe('captions of the reference vectors', () => {
  test.each(json.pairs)('"$prediction"', (c) => {
    const metric = new CaptionMetric();
    metric.add(objects(c.prediction_pairs), objects(c.reference_pairs));
    expectFigures(metric.result(), c);
  });

  test('all together', () => {
    const metric = new CaptionMetric();
    for (const c of json.pairs) metric.add(objects(c.prediction_pairs), objects(c.reference_pairs));
    expectFigures(metric.result(), json.micro);
  });
});

const object = fc.record({ colour: fc.constantFrom('red', 'blue'), shape: fc.constantFrom('ball', 'box', 'cone') });
const list = fc.array(object, { maxLength: 6 });

function scores(named: readonly NamedObject[], truth: readonly NamedObject[]) {
  const metric = new CaptionMetric();
  metric.add(named, truth);
  return metric.result();
}

describe('caption metrics', () => {
  test('the true objects in any order are perfect', () => {
    fc.assert(
      fc.property(list, (truth) => {
        expect(scores(truth.toReversed(), truth)).toEqual({ recall: 1, precision: 1, f1: 1 });
      }),
    );
  });

  test('recall one way is precision the other way, and naming more never lowers recall', () => {
    fc.assert(
      fc.property(list, list, object, (named, truth, more) => {
        const { recall, precision, f1 } = scores(named, truth);
        expect(scores(truth, named)).toEqual({ recall: precision, precision: recall, f1 });
        for (const figure of [recall, precision, f1]) expect(figure >= 0 && figure <= 1).toBe(true);
        if (truth.length > 0) expect(scores([...named, more], truth).recall).toBeGreaterThanOrEqual(recall);
      }),
    );
  });
});
