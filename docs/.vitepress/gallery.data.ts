/** The pictures of `docs/gallery`, by their names. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './repository.js';

export interface GalleryPicture {
  readonly file: string;
  readonly title: string;
}

declare const data: GalleryPicture[];

export { data };

const FOLDER = join(ROOT, 'docs/gallery');

export default {
  load(): GalleryPicture[] {
    if (!existsSync(FOLDER)) return [];
    const files = readdirSync(FOLDER).filter((file) => /\.(png|jpe?g|webp|svg)$/.test(file));
    return files.sort().map((file) => ({ file, title: file.replace(/\.\w+$/, '').replaceAll(/[-_]/g, ' ') }));
  },
};
