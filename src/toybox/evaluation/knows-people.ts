import type { Model } from '../../api/model.js';

/** Whether a model was trained on scenes with people. Others are shown and evaluated on scenes without. */
export function knowsPeople(model: Pick<Model, 'modalities'>): boolean {
  return model.modalities.includes('human_poses');
}
