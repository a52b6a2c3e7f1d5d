import * as v from 'valibot';
import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { FactMetric } from '../../../evaluation/fact-errors.js';
import { median } from '../../../evaluation/statistics.js';
import { drawMetadata } from '../../../modalities/text/draw-metadata.js';
import { METADATA_KEYS, type Metadata } from '../../../modalities/text/metadata.js';
import { toyboxMetadata } from '../../annotations/metadata.js';
import type { Task } from '../task.js';

/** The published facts about the picture, by their relative error. */
export const metadataTask: Task<'metadata', Metadata> = {
  name: 'metadata',
  target: 'metadata',
  truths: async (samples) => samples.map(toyboxMetadata),
  fromInput: factsIn,
  input: (truth) => truth,
  valueOf: ({ values }) => values,
  metric() {
    const metric = new FactMetric();
    return {
      add: (predicted, truth) => metric.add(predicted, truth),
      figures: () => [{ metric: 'relative error', better: 'lower', value: metric.result() }],
    };
  },
  trivial() {
    const scenes: Metadata[] = [];
    return {
      learn: (truth) => void scenes.push(truth),
      // Medians have the least absolute error.
      predict() {
        const facts = METADATA_KEYS.map((key) => [key, scenes.flatMap((truth) => truth[key] ?? [])] as const);
        return Object.fromEntries(facts.filter(([, all]) => all.length > 0).map(([key, all]) => [key, median(all)]));
      },
    };
  },
  draw: (value) => drawMetadata(value),
};

const schema = v.record(v.picklist(METADATA_KEYS), v.pipe(v.number(), v.finite()));

function factsIn(input: Input): Metadata {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  throw new InvalidInputError(`facts, "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`);
}
