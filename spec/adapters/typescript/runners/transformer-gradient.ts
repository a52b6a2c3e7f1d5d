import * as tf from '@tensorflow/tfjs-core';
import { fourMLoss, type LossOptions } from '../../../../src/transformer/loss.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { caseBatch, withModel } from './models.js';
import { limitsOf } from './transformer.js';

/** `fm.gradient`: a loss, and its gradient with respect to every tensor of the checkpoint. */
export async function transformerGradient(task: Inputs, out: Outputs): Promise<void> {
  await withModel(task, async (model) => {
    const batch = caseBatch(task, model);
    const trained = model.parameters.all.filter((p) => p.trainable && !model.unusedParameters.has(p));
    const lossType = task.options.loss_type as LossOptions['lossType'];
    const { value, grads } = tf.variableGrads(
      () => fourMLoss(model, batch, { ...limitsOf(task), lossType, compat: 'official' }).loss,
      trained.map((p) => p.value),
    );
    out.tensor('out.loss', await value.data(), [1]);
    for (const parameter of trained) {
      const ours = grads[parameter.value.name];
      const gradient = ours
        ? parameter.toPublishedLayout((await ours.data()) as Float32Array)
        : new Float32Array(parameter.size);
      for (const name of parameter.names) {
        out.tensor(`out.grad.${name}`, gradient, parameter.shape);
        out.value(`has_gradient.${name}`, gradient.some(Boolean));
      }
    }
    const others = model.parameters.all.filter((parameter) => !trained.includes(parameter));
    for (const { names } of others) for (const name of names) out.value(`has_gradient.${name}`, false);
    tf.dispose([value, ...Object.values(grads)]);
  });
}
