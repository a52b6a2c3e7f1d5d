/** The modalities that are predicted from the picture, in the order of the report. */
import { type EvaluationTask, evaluationTask } from '../evaluation-task.js';
import { captionTask } from './captions.js';
import { depthTask } from './depth.js';
import { detectionTask } from './detections.js';
import { cannyEdgeTask, samEdgeTask } from './edges.js';
import { clipTask, dinov2GlobalTask, dinov2Task, imagebindGlobalTask, imagebindTask } from './features.js';
import { instanceTask } from './instances.js';
import { metadataTask } from './metadata.js';
import { normalTask } from './normals.js';
import { paletteTask } from './palette.js';
import { poseTask } from './poses.js';
import { semsegTask } from './semseg.js';

/** All tasks. */
export const TASKS: readonly EvaluationTask[] = [
  evaluationTask(depthTask),
  evaluationTask(normalTask),
  evaluationTask(semsegTask),
  evaluationTask(cannyEdgeTask),
  evaluationTask(samEdgeTask),
  evaluationTask(clipTask),
  evaluationTask(dinov2Task),
  evaluationTask(imagebindTask),
  evaluationTask(dinov2GlobalTask),
  evaluationTask(imagebindGlobalTask),
  evaluationTask(captionTask),
  evaluationTask(detectionTask),
  evaluationTask(instanceTask),
  evaluationTask(paletteTask),
  evaluationTask(metadataTask),
  evaluationTask(poseTask),
];
