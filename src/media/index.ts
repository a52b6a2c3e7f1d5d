/** Pictures: reading and writing files, resizing, and drawing maps. Everything here runs in browsers too. */
export {
  type ImageAttributes,
  type ImageStatistics,
  imageAttributes,
  imageStatistics,
} from './analysis/attributes.js';
export type { Border } from './analysis/border.js';
export { type CannyOptions, canny } from './analysis/canny.js';
export { deltaE76, deltaE94, deltaE2000 } from './analysis/colour-difference.js';
export { type Aperture, laplacian, sobel } from './analysis/derivatives.js';
export { gaussianBlur } from './analysis/gaussian.js';
export { greyOpenCv, greyPillow, toGrey } from './analysis/grey.js';
export { hlsOpenCv } from './analysis/hls.js';
export { hsvOpenCv, hsvPillow, rgbToHsv, rgbToHsvOpenCv } from './analysis/hsv.js';
export { labOf, rgbToLab } from './analysis/lab.js';
export { labFloatOpenCv, labOpenCv } from './analysis/lab-opencv.js';
export { type ColourClusters, clusterColours } from './analysis/palette.js';
export type { Triple } from './analysis/per-pixel.js';
export { yCbCrPillow, yCrCbOpenCv } from './analysis/ycc.js';
export {
  classPalette,
  colourClasses,
  colourDepth,
  colourNormals,
  drawBoxes,
  type LabelledBox,
} from './colormap.js';
export { decodeImage, decodeImageAsync, decodeInks, decodeMap, decodeRaster } from './decode.js';
export type { Colour } from './draw.js';
export { drawEmbedding, drawFeatures } from './draw-vectors.js';
export { encodePalettePng, encodePng } from './encode.js';
export { MAX_PIXELS } from './limits.js';
export type { Raster, RasterData, RgbImage } from './raster.js';
export { centreCrop, crop, cropToSquare, padToSquare, type Region, type ResizeFilter, resize } from './resize.js';
export { type OpenCvInterpolation, resizeOpenCv } from './resize-opencv.js';
export { resizeTorch, type TorchResizeOptions } from './resize-torch.js';
export { contactSheet, type SheetRow, type Tile } from './sheet.js';
