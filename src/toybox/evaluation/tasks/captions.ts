import { InvalidInputError } from '../../../errors.js';
import { CaptionMetric, type NamedObject } from '../../../evaluation/captions.js';
import { captionObjects } from '../../caption.js';
import type { Task } from '../task.js';
import { bestConstantSet } from './best-constant.js';

/** A caption, and the objects that it names; of the truth, the visible objects. */
export interface CaptionValue {
  readonly text: string;
  readonly objects: readonly NamedObject[];
}

/** Captions, by the colour–shape pairs that they name. */
export const captionTask: Task<'caption', CaptionValue> = {
  name: 'caption',
  target: 'caption',
  truths: async (samples) => samples.map(({ caption, objects }) => ({ text: caption, objects })),
  fromInput(input) {
    const text = Array.isArray(input) ? input[0] : input;
    if (typeof text !== 'string') throw new InvalidInputError('a caption is a text, or a list of texts');
    return { text, objects: captionObjects(text) };
  },
  input: ({ text }) => text,
  valueOf: ({ text }) => ({ text, objects: captionObjects(text) }),
  metric() {
    const metric = new CaptionMetric();
    return {
      add: (predicted, truth) => void metric.add(predicted.objects, truth.objects),
      figures() {
        const { f1, recall, precision } = metric.result();
        return [
          { metric: 'colour–shape F1', better: 'higher', value: f1 },
          { metric: 'colour–shape recall', better: 'higher', value: recall },
          { metric: 'colour–shape precision', better: 'higher', value: precision },
        ];
      },
    };
  },
  trivial() {
    const counts = new Map<string, { object: NamedObject; count: number }>();
    let [scenes, objects] = [0, 0];
    return {
      learn(truth) {
        scenes++;
        objects += truth.objects.length;
        for (const { colour, shape } of truth.objects) {
          const key = `${colour} ${shape}`;
          counts.set(key, { object: { colour, shape }, count: (counts.get(key)?.count ?? 0) + 1 });
        }
      },
      predict() {
        const all = [...counts.values()];
        const best = bestConstantSet(
          all.map(({ count }) => count / scenes),
          objects / scenes,
        );
        const named = best.map((i) => all[i]!.object);
        return { text: named.map(({ colour, shape }) => `a ${colour} ${shape}`).join(', '), objects: named };
      },
    };
  },
  draw: ({ text }) => text,
};
