/** The masks of a training sample: which tokens of a scene are input and which are target, drawn as in the training of the toybox. */

import type { RgbImage } from '../../src/client.js';
import { decodeText } from '../../src/masking/decode-text.js';
import type { MaskedModality } from '../../src/masking/masked.js';
import { type MixtureComponent, maskSample, type SampleModality } from '../../src/masking/masking.js';
import type { ModalityInfo } from '../../src/modalities/modality.js';
import { Random } from '../../src/random.js';
import type { WordPiece } from '../../src/tokenizers/text/word-piece.js';
import { TOYBOX_MIXTURE } from '../../src/toybox/training/mixture.js';
import { element } from './dom.js';
import { pictureCanvas } from './token-grid.js';

/** Numbers of input and target tokens of a sample: those of `fourm train`. */
export const BUDGETS = { inputs: 64, targets: 128 };

/** Source of a sample. */
export interface MaskSource {
  readonly infos: readonly ModalityInfo[];
  readonly vocabulary: WordPiece;
  /** The text of a sequence, by the transformer's modality; undefined if the scene has none. */
  readonly textOf: (modality: string) => string | undefined;
  /** The picture of an image modality, by the transformer's modality. */
  readonly pictureOf: (modality: string) => RgbImage | undefined;
}

/** Options of the masking. */
export interface MaskChoice {
  /** Index of a component, or undefined to draw one by its weight. */
  readonly component: number | undefined;
  readonly inputs: number;
  readonly targets: number;
  readonly seed: number;
}

/** The components of the training mixture, restricted to the modalities of a model. */
export function mixtureOf(infos: readonly ModalityInfo[]): MixtureComponent[] {
  const known = (alphas: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(alphas).filter(([name]) => infos.some((info) => info.name === name)));
  return TOYBOX_MIXTURE.map((component) => ({
    ...component,
    inputAlphas: known(component.inputAlphas),
    targetAlphas: known(component.targetAlphas),
    ...(component.keep && {
      keep: Object.fromEntries(Object.entries(component.keep).filter(([name]) => name in known({ [name]: 1 }))),
    }),
  })).filter(({ inputAlphas, targetAlphas }) =>
    [inputAlphas, targetAlphas].every((alphas) => Object.keys(alphas).length > 0),
  );
}

/** `rgb, depth → caption` */
export function componentName({ inputAlphas, targetAlphas }: MixtureComponent): string {
  const names = (alphas: Readonly<Record<string, number>>) =>
    Object.keys(alphas).map((name) => name.replace(/@.*/, ''));
  const short = (list: readonly string[]) => (list.length > 3 ? `${list.length} modalities` : list.join(', '));
  return `${short(names(inputAlphas))} → ${short(names(targetAlphas))}`;
}

/** Draws the masks of a sample, and shows them. */
export function showMasks(parent: HTMLElement, source: MaskSource, choice: MaskChoice): void {
  const { infos, vocabulary } = source;
  const mixture = mixtureOf(infos);
  const { component, inputs, targets, seed } = choice;
  const config = {
    inputTokens: inputs,
    targetTokens: targets,
    mixture: component === undefined ? mixture : [mixture[component]!],
    vocabulary,
  };
  const sample = Object.fromEntries(infos.map((info) => [info.name, sampleModality(info, source)]));
  const masked = maskSample(sample, infos, config, new Random(seed));
  const figures = infos.map((info) => maskFigure(info, masked[info.name]!, source));
  parent.replaceChildren(...figures.filter((figure) => figure !== undefined));
}

/** Masking depends only on the number of an image's tokens, so their ids are arbitrary. */
function sampleModality({ name, kind, maxTokens }: ModalityInfo, { vocabulary, textOf }: MaskSource): SampleModality {
  switch (kind) {
    case 'pixels':
      return { kind };
    case 'image-tokens':
      return { kind, tokens: new Int32Array(maxTokens) };
    case 'sequence':
      return { kind, tokens: vocabulary.encode(textOf(name) ?? '') };
    case 'sequence-embedding':
      return { kind, vectors: Math.min(maxTokens, vocabulary.encode(textOf(name) ?? '').length) };
  }
}

/** @returns undefined for a modality without any token in the sample */
function maskFigure(info: ModalityInfo, masked: MaskedModality, source: MaskSource): HTMLElement | undefined {
  const count = (mask: Uint8Array) => mask.reduce((sum, left) => sum + 1 - left, 0);
  const [inputs, targets] = [count(masked.inputMask), count(masked.targetMask)];
  if (inputs + targets === 0) return undefined;
  const figure = element('figure');
  const caption = element('figcaption', { textContent: `${info.name}: ${inputs} input, ${targets} target` });
  if (info.kind === 'sequence') {
    const { input, target } = decodeText(masked, source.vocabulary);
    const line = (title: string, text: string) => element('p', { textContent: `${title}: ${text || 'nothing'}` });
    figure.append(line('Input', input), line('Target', target), caption);
    return figure;
  }
  if (info.inputSize && info.patchSize) {
    const grid = [info.inputSize[0] / info.patchSize[0], info.inputSize[1] / info.patchSize[1]] as const;
    figure.append(maskedPicture(masked, grid, source.pictureOf(info.name), caption.textContent));
  }
  figure.append(caption);
  return figure;
}

/** Pixels of a token. */
const CELL = 16;

/** The picture with input patches visible, targets in the accent colour, and other patches empty. */
function maskedPicture(
  { inputMask, targetMask }: MaskedModality,
  [rows, columns]: readonly [number, number],
  picture: RgbImage | undefined,
  label: string,
): HTMLCanvasElement {
  const canvas = element('canvas', { width: columns * CELL, height: rows * CELL });
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.fillStyle = '#888';
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) context.drawImage(pictureCanvas(picture), 0, 0, canvas.width, canvas.height);
  for (let i = 0; i < rows * columns; i++) {
    if (inputMask[i] === 0) continue;
    context.fillStyle = targetMask[i] === 0 ? '#d63384' : '#40434b';
    context.fillRect((i % columns) * CELL, Math.floor(i / columns) * CELL, CELL, CELL);
  }
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  return canvas;
}
