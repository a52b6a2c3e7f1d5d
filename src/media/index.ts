/** Pictures: files in and out, resizing, and how maps of numbers are drawn. Everything here runs in browsers too. */
export {
  classPalette,
  colourClasses,
  colourDepth,
  colourNormals,
  drawBoxes,
  type LabelledBox,
} from './colormap.js';
export { decodeImage, decodeImageAsync, decodeMap, decodeRaster } from './decode.js';
export type { Colour } from './draw.js';
export { encodePalettePng, encodePng } from './encode.js';
export { MAX_PIXELS } from './limits.js';
export type { Raster, RasterData, RgbImage } from './raster.js';
export { centreCrop, crop, cropToSquare, type ResizeFilter, resize } from './resize.js';
export { contactSheet, type SheetRow, type Tile } from './sheet.js';
