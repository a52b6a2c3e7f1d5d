import type { Input } from '../../../api/types/inputs.js';
import { NormalMetric } from '../../../evaluation/normals.js';
import { unitVectors } from '../../../evaluation/trivial.js';
import { colourNormals } from '../../../media/colormap.js';
import type { Raster } from '../../../media/raster.js';
import type { Task } from '../task.js';
import { mapIn, squareMap } from './maps-in-files.js';
import { meanMap, meanValues } from './mean-values.js';

type Normals = Raster<Float32Array>;

/** Surface normals, by their angle to the true ones. */
export const normalTask: Task<'normal', Normals> = {
  name: 'normal',
  target: 'normal',
  truths: async (samples) => samples.map(({ normal }) => normal),
  fromInput: (input, _, size) => squareMap(vectorsIn(input), size, 'nearest'),
  input: (truth) => truth,
  valueOf: ({ values }) => values as Normals,
  metric() {
    const metric = new NormalMetric();
    return {
      add: (predicted, truth) => metric.add(predicted.data, truth.data),
      figures() {
        const scores = metric.pixels > 0 ? metric.result() : undefined;
        return [
          { metric: 'mean angle (°)', better: 'lower', value: scores?.mean ?? null },
          { metric: 'median angle (°)', better: 'lower', value: scores?.median ?? null },
          { metric: 'angle < 11.25°', better: 'higher', value: scores?.below11 ?? null },
          { metric: 'angle < 22.5°', better: 'higher', value: scores?.below22 ?? null },
          { metric: 'angle < 30°', better: 'higher', value: scores?.below30 ?? null },
        ];
      },
    };
  },
  trivial: () => meanMap(unitVectors),
  ensemble(predictions) {
    const mean = meanValues(predictions);
    return { ...mean, data: unitVectors(mean.data) };
  },
  draw: (value) => colourNormals(value),
};

/** Vectors as floats, or as they are drawn: 0 is -1, and 255 is 1. */
function vectorsIn(input: Input): Normals {
  const { data, ...map } = mapIn('normal', input, 3);
  return { ...map, data: data instanceof Float32Array ? data : Float32Array.from(data, (x) => x / 127.5 - 1) };
}
