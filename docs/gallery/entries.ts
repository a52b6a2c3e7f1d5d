/** The entries of the gallery: each draws one sheet with a model. */
import type { HostInput, Input, Model, Results, WeightedInputs } from '../../src/index.js';
import type { RgbImage } from '../../src/media/raster.js';
import { contactSheet, type SheetRow, type Tile } from '../../src/media/sheet.js';
import { predictEmbeddings, retrieve } from '../../src/recipes/index.js';
import { toyboxScene } from '../../src/toybox/evaluation/data.js';
import { knowsPeople } from '../../src/toybox/evaluation/scenes.js';
import { TASKS } from '../../src/toybox/evaluation/tasks/index.js';
import { type ToyboxSample, toyboxSample } from '../../src/toybox/sample.js';
import { toyboxSeed } from '../../src/toybox/splits.js';

/** A sheet of the gallery. */
export interface GalleryEntry {
  /** Name of its file, and with spaces its title. */
  readonly name: string;
  /** Modalities that the model has to have. */
  readonly modalities: readonly string[];
  draw(model: Model): Promise<RgbImage>;
}

const SEEDS = [0, 1, 2, 3, 4];
/** Scenes to retrieve from. */
const RETRIEVED = 50;
const SIZE = 64;
/** Pixels of a sheet to one of a picture. */
const SCALE = 4;

/** An unseen scene. */
function scene(model: Model, index: number): ToyboxSample {
  return toyboxSample(toyboxSeed('test', index), { size: SIZE, people: knowsPeople(model) });
}

/** A value predicted from a picture as a tile: boxes, people and objects are drawn on the picture. */
async function predictedTile(model: Model, title: string, result: Results[string], picture: RgbImage): Promise<Tile> {
  switch (result.kind) {
    case 'detections':
    case 'poses':
      return { title, content: result.drawOn(picture, SCALE) };
    case 'instances':
      return { title, content: result.drawOn(picture, await model.masks(result.values)) };
    default:
      return tileOf(title, result);
  }
}

/** A generated value as a tile. */
function tileOf(title: string, result: Results[string]): Tile {
  if ('toImage' in result) return { title, content: result.toImage() };
  return { title, content: 'text' in result ? result.text : 'no picture' };
}

/** Pictures by several seeds from the same inputs. */
async function pictures(
  model: Model,
  options: Parameters<Model['generateMany']>[1],
  inputs: Record<string, HostInput>,
  seeds = SEEDS,
) {
  const results = await model.generateMany(
    seeds.map(() => inputs),
    { ...options, seed: seeds },
  );
  return results.map(({ rgb }, i) => tileOf(`seed ${seeds[i]}`, rgb!));
}

/** Part of a picture: pixels outside (or inside) the square in the middle are left out. */
function partOf(rgb: RgbImage, keep: 'middle' | 'border'): { input: HostInput; shown: RgbImage } {
  const inside = (x: number, y: number) => x >= SIZE / 4 && x < (3 * SIZE) / 4 && y >= SIZE / 4 && y < (3 * SIZE) / 4;
  const isKnown = (pixel: number) => inside(pixel % SIZE, Math.floor(pixel / SIZE)) === (keep === 'middle');
  const data = Uint8Array.from({ length: SIZE * SIZE }, (_, pixel) => (isKnown(pixel) ? 255 : 0));
  const shown = { ...rgb, data: rgb.data.map((value, i) => (isKnown(Math.floor(i / 3)) ? value : 128)) };
  return { input: { image: rgb, known: { width: SIZE, height: SIZE, channels: 1, data } }, shown };
}

const SOLID = 'a green ball';

/** All entries, in the order of the page. */
export const GALLERY: readonly GalleryEntry[] = [
  {
    name: '01-a-picture-to-all-modalities',
    modalities: ['rgb'],
    async draw(model) {
      const { rgb } = scene(model, 0);
      const targets = TASKS.map(({ target }) => target).filter((target) => model.modalities.includes(target));
      const rows: SheetRow[] = [{ tiles: [{ title: 'rgb, given', content: rgb }] }];
      let tiles: Tile[] = [];
      for (const target of targets) {
        const result = await model.generate({ rgb }, { to: [target], seed: 0 });
        tiles.push(await predictedTile(model, target, result[target]!, rgb));
        if (tiles.length < SEEDS.length && target !== targets.at(-1)) continue;
        rows.push({ tiles });
        tiles = [];
      }
      return contactSheet('A picture to all other modalities', rows);
    },
  },
  {
    name: '02-each-modality-to-a-picture',
    modalities: ['rgb'],
    async draw(model) {
      const sample = scene(model, 0);
      const rows: SheetRow[] = [{ tiles: [{ title: 'the scene', content: sample.rgb }] }];
      for (const task of TASKS.filter(({ target }) => model.modalities.includes(target))) {
        const value = await task.truthAsInput(toyboxScene(model, sample, 'scene'));
        if (value === undefined) continue;
        const tiles = await pictures(model, { to: ['rgb'] }, { [task.target]: value }, SEEDS.slice(0, 3));
        rows.push({ heading: `From ${task.target}`, tiles });
      }
      return contactSheet('Each modality to a picture', rows);
    },
  },
  {
    name: '03-a-caption-by-way-of-CLIP',
    modalities: ['caption', 'clip', 'rgb'],
    async draw(model) {
      const tiles = await pictures(model, { to: ['clip', 'rgb'] }, { caption: 'a red ball' });
      return contactSheet('"a red ball" to features of CLIP\'s stand-in to a picture', [{ tiles }]);
    },
  },
  {
    name: '04-weighted-conditions',
    modalities: ['caption', 'depth', 'rgb'],
    async draw(model) {
      const { depth, rgb } = scene(model, 3);
      const rows: SheetRow[] = [{ tiles: [{ title: 'the scene of the depth map', content: rgb }] }];
      for (const weight of [0, 2, 4, -2]) {
        const conditions: WeightedInputs<Record<string, HostInput>>[] = [
          { inputs: { depth }, weight: 2 },
          { inputs: { caption: SOLID }, weight },
        ];
        const tiles = await pictures(model, { to: ['rgb'], conditions }, {});
        rows.push({ heading: `Depth with weight 2, "${SOLID}" with weight ${weight}`, tiles });
      }
      return contactSheet('Several weighted conditions, a negative one too', rows);
    },
  },
  {
    name: '05-steered-by-a-palette',
    modalities: ['caption', 'color_palette', 'rgb'],
    async draw(model) {
      const rows: SheetRow[] = [];
      for (const index of [1, 5, 9]) {
        const sample = scene(model, index);
        const task = TASKS.find(({ target }) => target === 'color_palette')!;
        const palette = (await task.truthAsInput(toyboxScene(model, sample, 'scene')))!;
        const tiles = await pictures(model, { to: ['rgb'] }, { caption: 'a ball', color_palette: palette });
        rows.push({ tiles: [{ title: 'palette of', content: sample.rgb }, ...tiles.slice(1)] });
      }
      return contactSheet('"a ball", given the palette of another scene', rows);
    },
  },
  {
    name: '06-steered-by-metadata',
    modalities: ['caption', 'metadata', 'rgb'],
    async draw(model) {
      const rows: SheetRow[] = [];
      for (const index of [1, 5, 9]) {
        const sample = scene(model, index);
        const task = TASKS.find(({ target }) => target === 'metadata')!;
        const metadata = (await task.truthAsInput(toyboxScene(model, sample, 'scene')))!;
        const tiles = await pictures(model, { to: ['rgb'] }, { caption: 'a ball', metadata });
        rows.push({ tiles: [{ title: 'metadata of', content: sample.rgb }, ...tiles.slice(1)] });
      }
      return contactSheet('"a ball", given the metadata of another scene', rows);
    },
  },
  {
    name: '07-editing',
    modalities: ['caption', 'rgb'],
    async draw(model) {
      const { rgb } = scene(model, 7);
      const { input, shown } = partOf(rgb, 'border');
      const tiles = await pictures(model, { to: ['rgb'] }, { rgb: input, caption: SOLID });
      const given: SheetRow = {
        tiles: [
          { title: 'picture', content: rgb },
          { title: 'given', content: shown },
        ],
      };
      return contactSheet(`The middle, generated anew by "${SOLID}"`, [given, { tiles }]);
    },
  },
  {
    name: '08-outpainting',
    modalities: ['rgb'],
    async draw(model) {
      const { rgb } = scene(model, 7);
      const { input, shown } = partOf(rgb, 'middle');
      const tiles = await pictures(model, { to: ['rgb'] }, { rgb: input });
      const given: SheetRow = {
        tiles: [
          { title: 'picture', content: rgb },
          { title: 'given', content: shown },
        ],
      };
      return contactSheet('What is around the middle', [given, { tiles }]);
    },
  },
  {
    name: '09-text-to-edges-to-a-picture',
    modalities: ['caption', 'canny_edge', 'rgb'],
    async draw(model) {
      const results = await model.generateMany(
        SEEDS.map(() => ({ caption: SOLID })),
        // The most probable edges at each place are those of no scene; sampled one after the other, they are of one.
        {
          to: ['canny_edge', 'rgb'],
          seed: SEEDS,
          decoding: { canny_edge: { method: 'roar', steps: 16, temperature: 1 } },
        },
      );
      const rows = (['canny_edge', 'rgb'] as const).map((name) => ({
        tiles: results.map((result, i) => tileOf(`${name}, seed ${SEEDS[i]}`, result[name])),
      }));
      return contactSheet(`"${SOLID}" to edges to a picture`, rows);
    },
  },
  {
    name: '10-retrieval-both-ways',
    modalities: ['caption', 'dinov2_global', 'rgb'],
    async draw(model) {
      const samples = Array.from({ length: RETRIEVED }, (_, index) => scene(model, index));
      const embed = (inputs: Record<string, Input>[]) => predictEmbeddings(model, inputs, { seed: 0 });
      const pictures = await embed(samples.map(({ rgb }) => ({ rgb })));
      const captions = await embed(samples.map(({ caption }) => ({ caption })));
      const nearest = (query: Float32Array, gallery: readonly Float32Array[]) =>
        retrieve(query, gallery, SEEDS.length - 1).map(({ index }, rank) => ({
          rank: `${rank + 1}`,
          ...samples[index]!,
        }));
      const rows: SheetRow[] = [1, 3, 5].flatMap((query) => [
        {
          heading: `Pictures nearest to a caption, among ${RETRIEVED}`,
          tiles: [
            { title: 'caption', content: samples[query]!.caption },
            ...nearest(captions[query]!, pictures).map(({ rank, rgb }) => ({ title: rank, content: rgb })),
          ],
        },
        {
          heading: `Captions nearest to a picture, among ${RETRIEVED}`,
          tiles: [
            { title: 'picture', content: samples[query]!.rgb },
            ...nearest(pictures[query]!, captions).map(({ rank, caption }) => ({ title: rank, content: caption })),
          ],
        },
      ]);
      return contactSheet('Retrieval, by predicted DINOv2 embeddings (stand-in)', rows);
    },
  },
];

/** Sheets that programs of `examples/` draw, after a training of some minutes. */
export const PROGRAMS = [
  { name: '11-super-resolution', program: 'enlarge.js', picture: 'enlarge.png' },
  { name: '12-a-new-modality-by-LoRA', program: 'lora.js', picture: 'lora.png' },
  { name: '13-transfer-of-the-encoder', program: 'transfer.js', picture: 'transfer.png' },
] as const;
