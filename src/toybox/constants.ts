/** Words, class ids, colours and the depth range of the toybox. Everything else in this folder builds on these. */

/** The solids, in the order of their class ids (after floor and wall). */
export const SHAPES = ['ball', 'box', 'cylinder', 'cone', 'ring'] as const;
/** A solid's kind. */
export type Shape = (typeof SHAPES)[number];

/** Classes of objects, solids and people: the labels of boxes. */
export const OBJECT_CLASSES = [...SHAPES, 'person'] as const;
/** Class of an object. */
export type ObjectClass = (typeof OBJECT_CLASSES)[number];

/** Names of the semantic classes; a class id is an index into this list. */
export const SEMSEG_CLASSES = ['floor', 'wall', ...OBJECT_CLASSES] as const;
/** Name of a semantic class. */
export type SemsegClass = (typeof SEMSEG_CLASSES)[number];

/** Colours for drawing class maps: 8-bit RGB, one for each of {@link SEMSEG_CLASSES}. */
export const SEMSEG_PALETTE: readonly (readonly [number, number, number])[] = [
  [204, 196, 180],
  [120, 132, 150],
  [228, 70, 70],
  [60, 120, 216],
  [70, 170, 90],
  [240, 180, 50],
  [156, 90, 190],
  [250, 150, 130],
];

/** The colours of solids and of clothes, by the names that captions use. */
export const COLOURS = ['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'white'] as const;
/** Name of the colour of a solid or of clothes. */
export type Colour = (typeof COLOURS)[number];

/** Surface colours (sRGB, 0…255) of {@link COLOURS}, before light and shade. */
export const COLOUR_VALUES: Readonly<Record<Colour, readonly [number, number, number]>> = {
  red: [214, 32, 36],
  orange: [246, 126, 16],
  yellow: [250, 220, 30],
  green: [36, 150, 50],
  cyan: [40, 200, 210],
  blue: [34, 74, 210],
  purple: [138, 44, 170],
  white: [246, 246, 246],
};

/** Words for a solid's size. */
export const SIZES = ['small', 'big'] as const;
/** A solid's size word. */
export type Size = (typeof SIZES)[number];

/** Words for a solid's surface: `matte` scatters light evenly, `shiny` shows highlights and mirrors the room a little. */
export const MATERIALS = ['matte', 'shiny'] as const;
/** A solid's surface. */
export type Material = (typeof MATERIALS)[number];

/** All z-depths of all scenes lie between these two distances, in metres. */
export const DEPTH_RANGE = [2, 11] as const;

/** The most objects in a scene, solids and people together. */
export const MAX_OBJECTS = 4;
/** The most people in a scene. */
export const MAX_PEOPLE = 2;

/** An object that shows in a smaller share of the picture's pixels is not listed or named (12 pixels at 64×64). */
export const MIN_VISIBLE_SHARE = 12 / 64 ** 2;
