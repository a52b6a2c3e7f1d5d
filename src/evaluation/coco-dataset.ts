/** Datasets of boxes and masks in the format of COCO. */
import * as v from 'valibot';
import { InvalidInputError } from '../errors.js';
import type { CocoBox } from './box-matching.js';
import type { RunLengths } from './run-lengths.js';
import { type CocoSegmentation, segmentationToMask } from './segmentations.js';

/** An image with its true objects. */
export interface CocoImage {
  /** A path, from the folder of the images. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly CocoObject[];
}

/** A true object. */
export interface CocoObject {
  readonly label: string;
  /** In pixels. */
  readonly box: CocoBox;
  /** A region of many objects. */
  readonly crowd: boolean;
  /** The mask over the image; undefined without a segmentation. */
  readonly mask: RunLengths | undefined;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const finite = v.pipe(v.number(), v.finite());
const id = v.union([v.number(), v.string()]);
const segmentation = v.union([
  v.array(v.array(finite)),
  v.object({ size: v.tuple([count, count]), counts: v.union([v.string(), v.array(v.pipe(v.number(), v.integer()))]) }),
]);
const schema = v.object({
  images: v.array(v.object({ id, file_name: v.string(), width: count, height: count })),
  categories: v.array(v.object({ id, name: v.string() })),
  annotations: v.array(
    v.object({
      image_id: id,
      category_id: id,
      bbox: v.tuple([finite, finite, finite, finite]),
      iscrowd: v.optional(v.union([v.number(), v.boolean()]), 0),
      segmentation: v.optional(segmentation),
    }),
  ),
});

/**
 * The images of a COCO file, in the order of their ids, as pycocotools takes them.
 *
 * @param json the parsed file
 * @param file its name in error messages
 * @throws InvalidInputError naming the key that is wrong, or the annotation of an unknown image or category
 */
export function cocoImages(json: unknown, file: string): CocoImage[] {
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success) {
    throw new InvalidInputError(`${file} is no COCO dataset: "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`);
  }
  const names = new Map(output.categories.map(({ id, name }) => [id, name]));
  const objects = new Map<number | string, CocoObject[]>(output.images.map(({ id }) => [id, []]));
  const sizes = new Map(output.images.map((image) => [image.id, image]));
  const twice = output.images.find((image) => sizes.get(image.id) !== image);
  if (twice) throw new InvalidInputError(`${file}: two images have the id ${twice.id}`);
  output.annotations.forEach(({ image_id, category_id, bbox, iscrowd, segmentation }, i) => {
    const [own, image, label] = [objects.get(image_id), sizes.get(image_id), names.get(category_id)];
    if (!own || !image)
      throw new InvalidInputError(`${file}, annotations.${i}: there is no image of the id ${image_id}`);
    if (label === undefined) {
      throw new InvalidInputError(`${file}, annotations.${i}: there is no category of the id ${category_id}`);
    }
    const mask = segmentation && maskOf(segmentation as CocoSegmentation, image, `${file}, annotations.${i}`);
    own.push({ label, box: bbox, crowd: Boolean(iscrowd), mask });
  });
  const order = [...output.images].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return order.map(({ id, file_name, width, height }) => ({
    file: file_name,
    width,
    height,
    objects: objects.get(id)!,
  }));
}

/** @throws InvalidInputError naming the annotation */
function maskOf(
  segmentation: CocoSegmentation,
  { height, width }: { height: number; width: number },
  where: string,
): RunLengths {
  try {
    return segmentationToMask(segmentation, height, width);
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}
