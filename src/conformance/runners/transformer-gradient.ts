import * as tf from '@tensorflow/tfjs-core';
import { fourMLoss, type LossOptions } from '../../transformer/loss.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';
import { caseBatch, withModel } from './models.js';
import { limitsOf } from './transformer.js';

/** `fm.gradient`: a loss and its gradient by every parameter, on the model and the inputs of another case. */
export async function transformerGradient(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const { about } = reference;
  const of = reference.sibling(about.of as string);
  await withModel(of, async (model) => {
    const batch = caseBatch(of, model);
    const trained = model.parameters.all.filter((p) => p.trainable && !model.unread.has(p));
    const lossType = about.loss_type as LossOptions['lossType'];
    const { value, grads } = tf.variableGrads(
      () => fourMLoss(model, batch, { ...limitsOf(about), lossType, compat: 'official' }).loss,
      trained.map((p) => p.value),
    );
    compare.tensor('out.loss', await value.data());
    for (const parameter of trained) {
      const gradient = parameter.published((await grads[parameter.value.name]!.data()) as Float32Array);
      const known = parameter.names.map((name) => `out.grad.${name}`).filter((name) => compare.expects(name));
      for (const name of known) compare.tensor(name, gradient);
    }
    const without = [...model.unread].flatMap((p) => p.names).sort();
    compare.value('no_gradient', without, [...(about.no_gradient as string[])].sort());
    tf.dispose([value, ...Object.values(grads)]);
  });
}
