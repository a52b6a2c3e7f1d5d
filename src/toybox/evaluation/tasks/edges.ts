import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { EdgeMetric } from '../../../evaluation/edges.js';
import { MeanPredictor } from '../../../evaluation/trivial.js';
import type { Raster } from '../../../media/raster.js';
import { withChannels } from '../../../modalities/grey.js';
import { cannyEdges, instanceEdges } from '../../annotations/edges.js';
import type { ToyboxSample } from '../../sample.js';
import type { Task } from '../task.js';
import { bestConstantSet } from './best-constant.js';
import { mapIn, squareMap } from './maps-in-files.js';

type Edges = Raster<Uint8Array>;
type EdgeName = 'canny_edge' | 'sam_edge';

/** Decoded edges are grey; from this value on a pixel is an edge. */
const EDGE = 128;

/** Edges of the picture, or of the instances: F1 of the edge pixels. */
function edgeTask<Name extends EdgeName>(name: Name, edgesOf: (sample: ToyboxSample) => Edges): Task<Name, Edges> {
  return {
    name,
    target: name,
    truths: async (samples) => samples.map(edgesOf),
    fromInput: (input, _, size) => binary(squareMap(greyIn(input), size, 'bicubic')),
    input: (truth) => truth,
    valueOf: ({ values }) => binary(values as Edges),
    metric() {
      const [exact, near] = [new EdgeMetric(), new EdgeMetric(1)];
      return {
        add(predicted, truth) {
          for (const metric of [exact, near]) metric.add(predicted.data, truth.data, truth.width);
        },
        figures: () => [
          { metric: 'F1', better: 'higher', value: exact.result().f1 },
          { metric: 'F1 within a pixel', better: 'higher', value: near.result().f1 },
        ],
      };
    },
    trivial() {
      const mean = new MeanPredictor();
      let shape: Edges | undefined;
      return {
        learn(truth) {
          shape ??= truth;
          mean.add(truth.data.map((value) => Number(value >= EDGE)));
        },
        predict() {
          const frequencies = Array.from(mean.result());
          const data = new Uint8Array(frequencies.length);
          const total = frequencies.reduce((sum, share) => sum + share, 0);
          for (const pixel of bestConstantSet(frequencies, total)) data[pixel] = 255;
          return { ...shape!, data };
        },
      };
    },
    ensemble(predictions) {
      const data = predictions[0]!.data.map((_, i) => {
        const votes = predictions.filter((edges) => edges.data[i]! >= EDGE).length;
        return 2 * votes >= predictions.length ? 255 : 0;
      });
      return { ...predictions[0]!, data };
    },
    draw: (value) => withChannels(value, 3),
  };
}

function greyIn(input: Input): Edges {
  const { data, ...map } = mapIn('edges', input);
  if (data instanceof Uint8Array) return withChannels({ ...map, data }, 1);
  throw new InvalidInputError('edges are of 8 bits, 0…255');
}

function binary(edges: Edges): Edges {
  return { ...edges, data: edges.data.map((value) => (value >= EDGE ? 255 : 0)) };
}

/** Canny edges of the picture. */
export const cannyEdgeTask = edgeTask('canny_edge', cannyEdges);
/** Edges of the instance segmentation. */
export const samEdgeTask = edgeTask('sam_edge', instanceEdges);
