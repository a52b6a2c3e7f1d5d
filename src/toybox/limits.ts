import { InvalidInputError } from '../errors.js';

/** @throws InvalidInputError unless an option of the toybox is an integer within its limits */
export function requireWhole(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new InvalidInputError(`the toybox ${name} must be a whole number from ${low} to ${high}, not ${value}`);
  }
}
