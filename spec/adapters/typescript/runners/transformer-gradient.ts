import * as tf from '@tensorflow/tfjs-core';
import { fourMLoss, type LossOptions } from '../../../../src/transformer/loss.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { caseBatch, withModel } from './models.js';
import { limitsOf } from './transformer.js';

/** `fm.gradient`: a loss and its gradient by every parameter, on the model and the inputs of another case. */
export async function transformerGradient(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const { about } = reference;
  const of = reference.sibling(about.of as string);
  await withModel(of, async (model) => {
    const batch = caseBatch(of, model);
    const trained = model.parameters.all.filter((p) => p.trainable && !model.unusedParameters.has(p));
    const none = new Set(about.no_gradient as string[]);
    const lossType = about.loss_type as LossOptions['lossType'];
    const { value, grads } = tf.variableGrads(
      () => fourMLoss(model, batch, { ...limitsOf(about), lossType, compat: 'official' }).loss,
      trained.map((p) => p.value),
    );
    compare.tensor('out.loss', await value.data());
    for (const parameter of trained) {
      const ours = grads[parameter.value.name];
      const gradient = ours
        ? parameter.toPublishedLayout((await ours.data()) as Float32Array)
        : new Float32Array(parameter.size);
      for (const name of parameter.names) {
        // Where the reference has no gradient at all, as for modalities without a target, ours may be zero.
        if (none.has(name)) compare.value(`no gradient of ${name}`, gradient.some(Boolean), false);
        else if (compare.expects(`out.grad.${name}`)) compare.tensor(`out.grad.${name}`, gradient);
      }
    }
    const unread = [...model.unusedParameters].flatMap((p) => p.names).filter((name) => !none.has(name));
    compare.value('unread tensors with a gradient', unread, []);
    tf.dispose([value, ...Object.values(grads)]);
  });
}
