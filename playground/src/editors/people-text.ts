/**
 * People as a text for the address: `0.5,0.52,0.35;1,0,0;pelvis:180,0,0;left_shoulder:0,0,-72`, separated by `|`. Pelvis and
 * metre as fractions of the picture; the first three numbers of the shape; and rotation vectors in degrees, of the joints with a rotation.
 */
import { IDENTITY, type Vector } from '../../../src/modalities/people/rotations.js';
import { JOINTS, type Joint, type JointRotations, SHAPE_LENGTH } from '../../../src/modalities/people/skeleton.js';
import type { EditedPerson } from './people.js';
import { matrixOf, vectorOf } from './rotation-vectors.js';

/** Numbers of the shape that the skeleton depends on. */
const SHAPES = 3;
/** The smallest length of a metre, as a fraction of the picture. */
export const MIN_METRE = 0.05;
/** The largest: a person taller than the picture. */
export const MAX_METRE = 1;

export function peopleToText(people: readonly EditedPerson[]): string {
  return people.map(personToText).join('|');
}

/** Words that are not part of a person are ignored. */
export function textToPeople(text: string): EditedPerson[] {
  return text.split('|').flatMap((part) => personIn(part) ?? []);
}

function personToText({ x, y, metre, shape, orientation, rotations }: EditedPerson): string {
  const turns = [
    ['pelvis', orientation] as const,
    ...JOINTS.slice(1).map((joint) => [joint, rotations[joint]] as const),
  ];
  const joints = turns.flatMap(([joint, matrix]) => {
    const vector = vectorOf(matrix ?? IDENTITY).map(Math.round);
    return vector.some((degrees) => degrees !== 0) ? [`${joint}:${list(vector, 0)}`] : [];
  });
  return [list([x, y, metre], 3), list(shape.slice(0, SHAPES), 2), ...joints].join(';');
}

function personIn(text: string): EditedPerson | undefined {
  const [place = '', build = '', ...turns] = text.split(';');
  const [at, shape] = [numbersIn(place), numbersIn(build)];
  if (!at || !shape) return undefined;
  const [x, y, metre] = at;
  if (!isWithin(x, 0, 1) || !isWithin(y, 0, 1) || !isWithin(metre, MIN_METRE, MAX_METRE)) return undefined;
  const known = turns.flatMap((turn) => {
    const [joint, numbers = ''] = turn.split(':') as [Joint, string | undefined];
    const vector = numbersIn(numbers);
    return JOINTS.includes(joint) && vector ? [[joint, matrixOf(vector)] as const] : [];
  });
  const { pelvis = IDENTITY, ...rotations }: JointRotations = Object.fromEntries(known);
  return { x, y, metre, orientation: pelvis, rotations, shape: [...shape, ...Array(SHAPE_LENGTH - SHAPES).fill(0)] };
}

function numbersIn(text: string): Vector | undefined {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [a, b, c] = numbers;
  return numbers.length === 3 && numbers.every(Number.isFinite) ? [a!, b!, c!] : undefined;
}

function isWithin(x: number, low: number, high: number): boolean {
  return x >= low && x <= high;
}

function list(numbers: readonly number[], decimals: number): string {
  return numbers.map((x) => Number(x.toFixed(decimals)) + 0).join(',');
}
