import { MediaError } from '../../errors.js';
import type { Steps } from '../steps.js';
import type { Component, Frame } from './frame.js';
import { inverseDct } from './idct.js';

/** The samples of a component, and the data to compute them from. */
export interface Plane {
  readonly component: Component;
  /** Samples in rows of {@link stride}, whole blocks. */
  readonly samples: Uint8ClampedArray<ArrayBuffer>;
  readonly stride: number;
  /** Progressive only: the coefficients of all blocks, 64 each, until the last scan is read. */
  readonly coefficients: Int16Array | undefined;
  /** The quantisation table, as it was when the first scan of the component began. */
  divisors: Int32Array | undefined;
}

/** Minimum bits of a block: two codes of one bit, or one in a progressive picture. */
const MIN_BITS = { sequential: 2, progressive: 1 };

/**
 * Memory for the components of a frame.
 *
 * @param dataBytes  bytes of the file from the first scan on
 * @throws MediaError if those are too few for the size that the frame announces: then nothing is allocated
 */
export function allocatePlanes({ components, isProgressive, width, height }: Frame, dataBytes: number): Plane[] {
  const blocks = components.reduce((total, { blocksWide, blocksHigh }) => total + blocksWide * blocksHigh, 0);
  const least = Math.floor((blocks * MIN_BITS[isProgressive ? 'progressive' : 'sequential']) / 8);
  if (dataBytes < least) {
    throw new MediaError(
      `truncated JPEG: ${dataBytes} bytes of pixels cannot hold ${width} × ${height} (at least ${least})`,
    );
  }
  return components.map((component) => {
    const count = component.paddedWide * component.paddedHigh * 64;
    return {
      component,
      samples: new Uint8ClampedArray(isProgressive ? 0 : count),
      stride: component.paddedWide * 8,
      coefficients: isProgressive ? new Int16Array(count) : undefined,
      divisors: undefined,
    };
  });
}

/** The samples of a progressive picture, after its last scan. */
export function* transformPlane(plane: Plane): Steps<Plane> {
  const { component, coefficients, stride, divisors } = plane;
  const { paddedWide, paddedHigh } = component;
  const samples = new Uint8ClampedArray(coefficients!.length);
  for (let row = 0; row < paddedHigh; row++) {
    for (let column = 0; column < paddedWide; column++) {
      const from = (row * paddedWide + column) * 64;
      inverseDct(coefficients!, from, divisors!, samples, row * 8 * stride + column * 8, stride);
    }
    yield;
  }
  return { ...plane, samples, coefficients: undefined };
}
