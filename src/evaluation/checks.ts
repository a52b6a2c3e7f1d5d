import { InvalidInputError } from '../errors.js';

/** @throws {InvalidInputError} unless a prediction, its truth and its mask have the same number of values */
export function checkLengths(
  what: string,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  mask: ArrayLike<number> | undefined,
  valuesPerPixel = 1,
): void {
  if (predicted.length !== truth.length) {
    throw new InvalidInputError(`the predicted ${what} has ${predicted.length} values, but the truth ${truth.length}`);
  }
  const pixels = truth.length / valuesPerPixel;
  if (!Number.isInteger(pixels)) {
    throw new InvalidInputError(`the ${what} has ${truth.length} values, not ${valuesPerPixel} for each pixel`);
  }
  if (mask && mask.length !== pixels) {
    throw new InvalidInputError(`the mask of the ${what} has ${mask.length} values for ${pixels} pixels`);
  }
}

/** @throws {InvalidInputError} for NaN and infinities, which would make every metric NaN or infinite */
export function checkFinite(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new InvalidInputError(`${what} must be a finite number, not ${value}`);
}

/** The error of a metric without any samples. */
export function nothingMeasured(metric: string): InvalidInputError {
  return new InvalidInputError(`${metric} has no samples: add at least one with valid values first`);
}
