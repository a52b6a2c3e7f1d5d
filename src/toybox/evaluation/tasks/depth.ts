import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { DepthMetric } from '../../../evaluation/depth.js';
import { colourDepth } from '../../../media/colormap.js';
import type { Raster } from '../../../media/raster.js';
import { DEPTH_RANGE } from '../../constants.js';
import type { Task } from '../task.js';
import { mapIn, squareMap } from './maps-in-files.js';
import { meanMap, meanValues } from './mean-values.js';

type Depth = Raster<Float32Array>;

/** Distance along the camera's axis, in metres. (4M-21, table 1: DIODE.) */
export const depthTask: Task<'depth', Depth> = {
  name: 'depth',
  target: 'depth',
  truths: async (samples) => samples.map(({ depth }) => depth),
  fromInput: (input, _, size) => squareMap(metresIn(input), size, 'nearest'),
  input: (truth) => truth,
  valueOf: ({ values }) => values as Depth,
  metric() {
    const metric = new DepthMetric();
    let scenes = 0;
    return {
      add(predicted, truth) {
        if (metric.add(predicted.data, truth.data)) scenes++;
      },
      figures() {
        const scores = scenes > 0 ? metric.result() : undefined;
        return [
          { metric: 'AbsRel', better: 'lower', value: scores?.absRel ?? null },
          { metric: 'RMSE (m)', better: 'lower', value: scores?.rmse ?? null },
          { metric: 'log-L1', better: 'lower', value: scores?.logL1 ?? null },
          { metric: 'δ < 1.25', better: 'higher', value: scores?.delta1 ?? null },
        ];
      },
    };
  },
  trivial: () => meanMap(),
  ensemble: meanValues,
  draw: (value) => colourDepth(value, DEPTH_RANGE),
};

/** Metres, or millimetres of 16 bits; 0 is unknown. */
function metresIn(input: Input): Depth {
  const { data, ...map } = mapIn('depth', input, 1);
  if (data instanceof Float32Array) return { ...map, data };
  if (data instanceof Uint16Array) return { ...map, data: Float32Array.from(data, (x) => x / 1000) };
  throw new InvalidInputError(
    'a map of depth has metres as floats or millimetres of 16 bits; of 8 bits, their unit is unknown',
  );
}
