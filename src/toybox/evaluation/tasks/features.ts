import type { Model } from '../../../api/model.js';
import type { SignalOptions } from '../../../api/types/options.js';
import type { Results } from '../../../api/types/results.js';
import { FeatureMetric } from '../../../evaluation/feature-error.js';
import { MeanPredictor } from '../../../evaluation/trivial.js';
import { drawEmbedding, drawFeatures } from '../../../media/draw-vectors.js';
import type { Raster } from '../../../media/raster.js';
import type { ToyboxSample } from '../../sample.js';
import type { Metric, Task } from '../task.js';
import { meanMap, meanValues, meanVector } from './mean-values.js';

type Features = Raster<Float32Array>;
type Named<Name extends keyof Results> = Results<Name>[Name];

/** Feature maps of a frozen network, position by position. */
function featuresTask<Name extends 'clip' | 'dinov2' | 'imagebind'>(name: Name): Task<Name, Features> {
  return {
    name,
    target: name,
    needsNetwork: true,
    truths: (samples, model, options) => featuresOf(name, samples, model, options) as Promise<Features[]>,
    input: (truth) => truth,
    valueOf: (result: Named<Name>) => (result as Named<'clip'>).values,
    metric: () => featureMetric(({ data, channels }) => ({ data, width: channels })),
    trivial: () => meanMap(),
    ensemble: meanValues,
    draw: (value) => drawFeatures(value)[0]!,
  };
}

/** Embeddings of a frozen network for the whole picture. */
function embeddingTask<Name extends 'dinov2_global' | 'imagebind_global'>(name: Name): Task<Name, Float32Array> {
  return {
    name,
    target: name,
    needsNetwork: true,
    truths: (samples, model, options) => featuresOf(name, samples, model, options) as Promise<Float32Array[]>,
    input: (truth) => truth,
    valueOf: (result: Named<Name>) => (result as Named<'dinov2_global'>).values,
    metric: () => featureMetric((data) => ({ data, width: data.length })),
    trivial() {
      const mean = new MeanPredictor();
      return { learn: (truth) => mean.add(truth), predict: () => mean.result() };
    },
    ensemble: meanVector,
    draw: (value) => drawEmbedding(value),
  };
}

const featuresOf = (name: string, samples: readonly ToyboxSample[], model: Model, options?: SignalOptions) =>
  model.features(
    name,
    samples.map(({ rgb }) => rgb),
    options,
  );

function featureMetric<Value>(read: (value: Value) => { data: Float32Array; width: number }): Metric<Value> {
  const metric = new FeatureMetric();
  return {
    add(predicted, truth) {
      const { data, width } = read(truth);
      metric.add(read(predicted).data, data, width);
    },
    figures() {
      const scores = metric.vectors > 0 ? metric.result() : undefined;
      return [
        { metric: 'squared error', better: 'lower', value: scores?.squaredError ?? null },
        { metric: 'cosine similarity', better: 'higher', value: scores?.cosine ?? null },
      ];
    },
  };
}

/** Feature maps of the stand-in for CLIP. */
export const clipTask = featuresTask('clip');
/** Feature maps of the stand-in for DINOv2. */
export const dinov2Task = featuresTask('dinov2');
/** Feature maps of the stand-in for ImageBind. */
export const imagebindTask = featuresTask('imagebind');
/** Embeddings of the stand-in for DINOv2. */
export const dinov2GlobalTask = embeddingTask('dinov2_global');
/** Embeddings of the stand-in for ImageBind. */
export const imagebindGlobalTask = embeddingTask('imagebind_global');
