import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { SegmentationMetric } from '../../../evaluation/segmentation.js';
import { MostFrequentPredictor } from '../../../evaluation/trivial.js';
import { colourClasses } from '../../../media/colormap.js';
import type { Raster } from '../../../media/raster.js';
import { SEMSEG_CLASSES, SEMSEG_PALETTE } from '../../constants.js';
import type { Task } from '../task.js';
import { mapIn, squareMap } from './maps-in-files.js';

type ClassIds = Raster<Uint8Array>;

/** The class of every pixel: floor, wall, the solids and people. */
export const semsegTask: Task<'semseg', ClassIds> = {
  name: 'semseg',
  target: 'semseg',
  truths: async (samples) => samples.map(({ semseg }) => semseg),
  fromInput: (input, _, size) => squareMap(idsIn(input), size, 'nearest'),
  input: (truth) => truth,
  valueOf: ({ values }) => values as ClassIds,
  metric() {
    const metric = new SegmentationMetric(SEMSEG_CLASSES.length);
    return {
      add: (predicted, truth) => metric.add(predicted.data, truth.data),
      figures() {
        const { meanIou, pixelAccuracy } = metric.summary();
        return [
          { metric: 'mean IoU', better: 'higher', value: meanIou },
          { metric: 'pixel accuracy', better: 'higher', value: pixelAccuracy },
        ];
      },
    };
  },
  trivial() {
    const mostFrequent = new MostFrequentPredictor(SEMSEG_CLASSES.length);
    let shape: ClassIds | undefined;
    return {
      learn(truth) {
        shape ??= truth;
        mostFrequent.add(truth.data);
      },
      predict: () => ({ ...shape!, data: Uint8Array.from(mostFrequent.result()) }),
    };
  },
  ensemble(predictions) {
    const votes = new MostFrequentPredictor(SEMSEG_CLASSES.length);
    for (const { data } of predictions) votes.add(data);
    return { ...predictions[0]!, data: Uint8Array.from(votes.result()) };
  },
  draw: (value) => colourClasses(value, SEMSEG_PALETTE),
};

function idsIn(input: Input): ClassIds {
  const { data, ...map } = mapIn('semseg', input, 1);
  const wrong = data.find((id) => !(id in SEMSEG_CLASSES));
  if (wrong === undefined) return { ...map, data: Uint8Array.from(data) };
  throw new InvalidInputError(`${wrong} is no class id; they run from 0 to ${SEMSEG_CLASSES.length - 1}`);
}
