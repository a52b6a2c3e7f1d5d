/**
 * People as text: `human` and a box, then in any order `pose` and 8 tokens, `global` and 9 numbers, `camera` and 3, `shape`
 * and 10; 39 words a person. `none` where there is no person. (`HumanPoseTransform` officially.)
 */
import { InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';
import { type Box, boxInCrop, type CropArea, clipBox, type PictureSize } from '../boxes.js';
import { type CompatOptions, numberIn, type ParsedText, tokenIn, tokenizedWords, tokenWord, wordsOf } from './words.js';

/** One person: a box, and the parameters of the SMPL body model. */
export interface HumanPose {
  readonly box: Box;
  /** 8 ids from 0 to 1023, from the tokenizer of body poses. */
  readonly poseTokens: ArrayLike<number>;
  /** Rotation matrix of the body, 3 rows of 3 numbers from -1 to 1. */
  readonly globalOrientation: ArrayLike<number>;
  /** Scale and shift of the camera, 3 numbers from -1 to 19. */
  readonly camera: ArrayLike<number>;
  /** SMPL shape, 10 numbers from -3 to 3. */
  readonly shape: ArrayLike<number>;
}

/** The parts of a person's text that follow the box. */
export type PoseComponent = 'pose' | 'global' | 'camera' | 'shape';

/** How the numbers of a component become words: multiplied by `scale` and shifted by `offset`. */
interface Component {
  readonly field: Exclude<keyof HumanPose, 'box'>;
  readonly length: number;
  readonly scale: number;
  readonly offset: number;
}

const COMPONENTS: Readonly<Record<PoseComponent, Component>> = {
  pose: { field: 'poseTokens', length: 8, scale: 1, offset: 0 },
  global: { field: 'globalOrientation', length: 9, scale: 499.5, offset: 499.5 },
  camera: { field: 'camera', length: 3, scale: 49.95, offset: 49.95 },
  shape: { field: 'shape', length: 10, scale: 166.5, offset: 499.5 },
};
const NAMES = Object.keys(COMPONENTS) as readonly PoseComponent[];
const HIGHEST = 999;
const WORDS = 39;
const NOBODY = 'none';

/**
 * Writes people as text, ending in a space as the published ones do. Numbers beyond the range of their kind become its end.
 * (`official` does so for the camera alone, and writes words that the vocabulary lacks for the others.)
 *
 * @param order of the components; in training data it is random
 * @throws {InvalidInputError} for a list of another length, and what is no number
 */
export function humanPosesToText(
  people: readonly HumanPose[],
  order: readonly PoseComponent[] = NAMES,
  options: CompatOptions = {},
): string {
  if (people.length === 0) return NOBODY;
  const limit = (name: PoseComponent, bin: number) =>
    options.compat === 'official' && name !== 'camera' ? bin : Math.min(Math.max(bin, 0), HIGHEST);
  return people
    .map((person) => {
      const { xmin, ymin, xmax, ymax } = clipBox(person.box);
      const corners = [xmin, ymin, xmax, ymax].map((x, axis) => `v${axis}=${roundHalfToEven(x * HIGHEST)}`);
      const components = order.flatMap((name) => {
        const { scale, offset } = COMPONENTS[name];
        const values = componentOf(person, name);
        if (name === 'pose') return [name, ...values.map(tokenWord)];
        return [name, ...values.map((x) => `v0=${limit(name, roundHalfToEven(scale * x + offset))}`)];
      });
      return `${['human', ...corners, ...components].join(' ')} `;
    })
    .join('');
}

/**
 * Parses people from text; numbers are those of their bins. Generated text may be malformed: a person that lacks a component,
 * or has another number of words than 39, is left out.
 *
 * @param options with `compat`, every 39 words are a person, wherever `human` is, so a person of another length makes those
 *                behind it unreadable; and `v2` and `v3` in `pose` are read like `v0`
 */
export function textToHumanPoses(text: string, options: CompatOptions = {}): HumanPose[] {
  return readHumanPoses(text, options).values;
}

/** {@link textToHumanPoses}, and how many words belong to no person. */
export function readHumanPoses(text: string, { compat }: CompatOptions = {}): ParsedText<HumanPose[]> {
  const words = compat ? tokenizedWords(text) : wordsOf(text);
  if (words.join(' ') === NOBODY) return { values: [], unparsed: 0 };
  const values = (compat ? rowsOf(words) : groupsOf(words)).flatMap((group) => {
    const person = group.length === WORDS ? personIn(group, compat ? plainTokenIn : tokenIn) : undefined;
    return person === undefined ? [] : [person];
  });
  return { values, unparsed: words.length - WORDS * values.length };
}

/** The words from every `human` to the next. */
function groupsOf(words: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const word of words) {
    if (word === 'human') groups.push([]);
    groups.at(-1)?.push(word);
  }
  return groups;
}

/** (`visualize_human_poses` officially.) */
function rowsOf(words: readonly string[]): string[][] {
  return Array.from({ length: Math.floor(words.length / WORDS) }, (_, i) => words.slice(i * WORDS, (i + 1) * WORDS));
}

/** {@link tokenIn}, but only `v1` begins at 512. */
function plainTokenIn(word: string): number | undefined {
  return word.startsWith('v1=') ? tokenIn(word) : numberIn(word);
}

/**
 * People of an image as people of a crop of it. Those entirely outside are left out, boxes are clipped; bodies and
 * cameras stay as they are.
 */
export function cropHumanPoses(people: readonly HumanPose[], crop: CropArea, picture: PictureSize): HumanPose[] {
  return people.flatMap((person) => {
    const box = boxInCrop(person.box, crop, picture);
    const isBefore = (box.xmin < 0 && box.xmax < 0) || (box.ymin < 0 && box.ymax < 0);
    const isBeyond = (box.xmin > 1 && box.xmax > 1) || (box.ymin > 1 && box.ymax > 1);
    return isBefore || isBeyond ? [] : [{ ...person, box: clipBox(box) }];
  });
}

function componentOf(person: HumanPose, name: PoseComponent): number[] {
  const { field, length } = COMPONENTS[name];
  const values = Array.from(person[field]);
  if (values.length !== length || values.some(Number.isNaN)) {
    throw new InvalidInputError(`the ${field} of a person must be ${length} numbers, not [${values.join(', ')}]`);
  }
  if (name === 'pose' && !values.every((id) => Number.isInteger(id) && id >= 0 && id < 1024)) {
    throw new InvalidInputError(`the poseTokens of a person must be ids from 0 to 1023, not [${values.join(', ')}]`);
  }
  return values;
}

function personIn(words: readonly string[], tokenOf: typeof tokenIn): HumanPose | undefined {
  const corners = words.slice(1, 5).map(numberIn);
  const components = NAMES.map((name) => componentIn(words, name, name === 'pose' ? tokenOf : numberIn));
  if (!corners.every((x) => x !== undefined) || !components.every((list) => list !== undefined)) return undefined;
  const [xmin, ymin, xmax, ymax] = corners.map((bin) => bin / HIGHEST) as [number, number, number, number];
  const [poseTokens, globalOrientation, camera, shape] = components as [number[], number[], number[], number[]];
  return { box: { xmin, ymin, xmax, ymax }, poseTokens, globalOrientation, camera, shape };
}

function componentIn(
  words: readonly string[],
  name: PoseComponent,
  read: (word: string) => number | undefined,
): number[] | undefined {
  const { length, scale, offset } = COMPONENTS[name];
  const start = words.indexOf(name) + 1;
  const numbers = words.slice(start, start + length).map(read);
  if (start === 0 || numbers.length < length || !numbers.every((x) => x !== undefined)) return undefined;
  return numbers.map((bin) => (bin - offset) / scale);
}
