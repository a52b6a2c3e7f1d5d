/** What modalities are: how the model sees them, what their values mean, and the text formats of some. */
export { channelsOf, fromTokenizerValues, type ImageValues, toTokenizerValues } from './images.js';
export { type ModalityInfo, type ModalityKind, modalityId } from './modality.js';
export {
  type Box,
  type Detection,
  detectionsToText,
  orderDetections,
  textToDetections,
} from './text/detections.js';
