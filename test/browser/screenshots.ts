/** Pictures of pages, compared with those in `screenshots/`: at an eighth of their size, so that fonts and letters do not count. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import type { RgbImage } from '../../src/media/raster.js';
import { resize } from '../../src/media/resize.js';

const FOLDER = fileURLToPath(new URL('screenshots/', import.meta.url));
const SCALE = 8;
/** A pixel counts as different if a channel differs by more; and this share of pixels may. */
const [CHANNEL, SHARE] = [48, 0.03];

/**
 * Compares a screenshot with the one that is kept; with FOURM_UPDATE_SCREENSHOTS=1 keeps it.
 *
 * @param png  a PNG file
 */
export async function expectToLookAs(name: string, png: Uint8Array): Promise<void> {
  const whole = decodeImage(png);
  const size = [whole.width, whole.height].map((side) => Math.floor(side / SCALE)) as [number, number];
  const small = { ...resize(whole, ...size, 'bilinear'), channels: 3 } as RgbImage;
  const file = `${FOLDER}${name}.png`;
  if (process.env.FOURM_UPDATE_SCREENSHOTS === '1') {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(file, encodePng(small));
    return;
  }
  const kept = decodeImage(await readFile(file));
  expect([small.width, small.height]).toEqual([kept.width, kept.height]);
  const different = Array.from({ length: small.width * small.height }, (_, pixel) =>
    [0, 1, 2].some((channel) => Math.abs(small.data[3 * pixel + channel]! - kept.data[3 * pixel + channel]!) > CHANNEL),
  );
  const share = different.filter(Boolean).length / different.length;
  expect(share, `the share of ${name} that looks otherwise`).toBeLessThan(SHARE);
}
