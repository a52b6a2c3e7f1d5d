/** Detections and masks in the files of COCO, as pycocotools reads them. */
import { InvalidInputError } from '../errors.js';
import type { CocoBox } from './box-matching.js';
import { runsToString } from './run-length-string.js';
import { maskArea, maskBox, type RunLengths } from './run-lengths.js';

/** A labelled box, a mask, or both. */
export interface CocoShape {
  readonly label: string;
  /** In pixels; of a mask, its extent if absent. */
  readonly box?: CocoBox;
  readonly mask?: RunLengths;
  /** Of the truth: a region of many objects, whose detections are ignored. */
  readonly crowd?: boolean;
}

/** A mask in COCO's format. */
interface Segmentation {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** `annotations` of a dataset. */
interface Annotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly area: number;
  readonly iscrowd: 0 | 1;
  readonly segmentation?: Segmentation;
}

/** An entry of a file of results. */
interface ResultEntry {
  readonly image_id: number;
  readonly category_id: number;
  readonly score: number;
  readonly bbox?: CocoBox;
  readonly segmentation?: Segmentation;
}

/** Collects images with their true and predicted objects. Ids begin at 1, since pycocotools uses id 0 for no match. */
export class CocoFiles {
  readonly #width: number;
  readonly #height: number;
  readonly #categories: string[];
  readonly #images: { id: number; width: number; height: number; file_name: string }[] = [];
  readonly #annotations: Annotation[] = [];
  readonly #results: ResultEntry[] = [];

  /**
   * @param width      of all images, in pixels
   * @param height     likewise
   * @param categories names with the ids 1, 2 and so on; others get the next ids in the order in which they are added
   */
  constructor(width: number, height: number, categories: readonly string[] = []) {
    this.#width = width;
    this.#height = height;
    this.#categories = [...categories];
  }

  /**
   * @param index number of the image, from 0 on
   * @throws {InvalidInputError} for an object with neither a box nor a mask
   */
  add(
    index: number,
    name: string,
    predicted: readonly (CocoShape & { readonly score: number })[],
    truth: readonly CocoShape[],
  ): void {
    const image_id = index + 1;
    this.#images.push({ id: image_id, width: this.#width, height: this.#height, file_name: name });
    for (const shape of truth) {
      const bbox = boxOf(shape);
      this.#annotations.push({
        id: this.#annotations.length + 1,
        image_id,
        category_id: this.#idOf(shape.label),
        bbox,
        area: shape.mask ? maskArea(shape.mask) : bbox[2] * bbox[3],
        iscrowd: shape.crowd ? 1 : 0,
        ...(shape.mask && { segmentation: segmentationOf(shape.mask) }),
      });
    }
    for (const { score, ...shape } of predicted) {
      const what = shape.mask ? { segmentation: segmentationOf(shape.mask) } : { bbox: boxOf(shape) };
      this.#results.push({ image_id, category_id: this.#idOf(shape.label), score, ...what });
    }
  }

  /** The dataset and the results, by the ends of their file names. */
  files(): { readonly 'coco-truth.json': unknown; readonly 'coco-results.json': unknown } {
    const categories = this.#categories.map((name, i) => ({ id: i + 1, name }));
    return {
      'coco-truth.json': { images: this.#images, categories, annotations: this.#annotations },
      'coco-results.json': this.#results,
    };
  }

  #idOf(label: string): number {
    if (!this.#categories.includes(label)) this.#categories.push(label);
    return this.#categories.indexOf(label) + 1;
  }
}

function boxOf({ label, box, mask }: CocoShape): CocoBox {
  if (box) return box;
  if (mask) return maskBox(mask);
  throw new InvalidInputError(`'${label}' has neither a box nor a mask`);
}

function segmentationOf({ height, width, counts }: RunLengths): Segmentation {
  return { size: [height, width], counts: runsToString(counts) };
}
