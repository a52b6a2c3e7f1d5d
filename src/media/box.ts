/** A rectangle in fractions of the picture's width and height: 0 is left or top, 1 is right or bottom. */
export interface Box {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}
