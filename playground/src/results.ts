/** The outputs of recordings at a step: a column for each recording, with a card for each modality. */
import type { Result, RgbImage } from '../../src/client.js';
import { element } from './dom.js';
import type { Modality, Package } from './package.js';
import type { RecordedToken, Recording } from './recording.js';
import { pictureCanvas, TokenGrid, type View } from './token-grid.js';

export interface ResultsOptions {
  readonly package: Package;
  /** One for each column. */
  readonly recordings: readonly Recording[];
  /** Background for boxes, people and objects, if no picture was generated. */
  readonly picture: RgbImage;
  readonly onToken: OnToken;
}

/**
 * Called for the token under the pointer or in focus.
 *
 * @param what a description of the token
 * @param token undefined if it is not generated yet
 */
export type OnToken = (what: string, name: string, token: RecordedToken | undefined, recording: Recording) => void;

/** Shows the outputs after a step, or after the last step of a shorter recording. */
export type ShowStep = (step: number, view: View) => void;

/** Headings of the columns if there are several. */
const HEADINGS = ['First', 'Second'];

/** Replaces the content of `parent`. */
export function showResults(parent: HTMLElement, options: ResultsOptions): ShowStep {
  const cards: ShowStep[] = [];
  const columns = options.recordings.map((recording, i) => {
    const column = element('section', { className: 'sample' });
    if (options.recordings.length > 1) column.append(element('h2', { textContent: HEADINGS[i]! }));
    for (const name of recording.modalities) {
      const modality = options.package.modalities.find((modality) => modality.name === name)!;
      const card = element('article', { className: 'card' });
      const title = element('h3', { textContent: name });
      if (!recording.outputs.includes(name)) title.append(element('small', { textContent: ' generated first' }));
      card.append(title);
      cards.push((modality.grid ? gridCard : wordsCard)(card, modality, recording, options));
      column.append(card);
    }
    return column;
  });
  parent.replaceChildren(...columns);
  return (step, view) => {
    for (const card of cards) card(step, view);
  };
}

function gridCard(
  card: HTMLElement,
  { name, grid }: Modality,
  recording: Recording,
  { onToken }: ResultsOptions,
): ShowStep {
  const tokenGrid = new TokenGrid({
    label: name,
    grid: grid!,
    onToken: (token, position) => {
      const what = token ? about(name, token) : `${name}, position ${position}: not generated yet`;
      onToken(what, name, token, recording);
    },
  });
  const counts = element('p', { className: 'note' });
  card.append(tokenGrid.canvas, counts);
  let saved = false;
  return (step, view) => {
    const tokens = recording.tokens(name, step);
    const result = recording.results[name];
    const image = result && 'toImage' in result && result.kind === 'image' ? result.toImage() : undefined;
    tokenGrid.show(tokens, view, recording.steps.length, image);
    counts.textContent = `${tokens.length} of ${grid![0] * grid![1]} tokens`;
    if (result && !saved) {
      if (!image && 'toImage' in result) card.append(drawingOf(name, result.toImage()));
      card.append(saveButton(name, result, '.png'));
      saved = true;
    }
  };
}

function wordsCard(
  card: HTMLElement,
  { name }: Modality,
  recording: Recording,
  { picture, onToken }: ResultsOptions,
): ShowStep {
  const text = element('p', { className: 'words' });
  card.append(text);
  let saved = false;
  return (step) => {
    const tokens = recording.tokens(name, step);
    text.replaceChildren(
      ...tokens.map((token) => {
        const word = token.text ?? `#${token.id}`;
        const button = element('button', { type: 'button', className: 'token', textContent: word.replace(/^##/, '') });
        button.style.setProperty('--share', String(token.probability));
        const show = () => onToken(about(`${name}, '${word}'`, token), name, token, recording);
        button.addEventListener('pointerenter', show);
        button.addEventListener('focus', show);
        return button;
      }),
    );
    if (tokens.length === 0) text.textContent = '…';
    const result = recording.results[name];
    if (result && !saved) {
      const { rgb } = recording.results;
      const ground = rgb && 'toImage' in rgb ? rgb.toImage() : picture;
      const drawing = drawingOfWords(result, ground);
      if (drawing) card.append(drawingOf(name, drawing));
      card.append(saveButton(name, result, result.kind === 'text' ? '.txt' : '.json'));
      saved = true;
    }
  };
}

function drawingOfWords(result: Result, picture: RgbImage): RgbImage | undefined {
  if (result.kind === 'palette') return result.values.length > 0 ? result.toImage() : undefined;
  if (result.kind === 'instances') return result.drawOn(picture);
  if ('drawOn' in result) return result.drawOn(picture, 4);
  return 'toImage' in result ? result.toImage() : undefined;
}

function drawingOf(name: string, image: RgbImage): HTMLCanvasElement {
  const canvas = pictureCanvas(image);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${name}, drawn`);
  return canvas;
}

function saveButton(name: string, result: Result, extension: string): HTMLButtonElement {
  const button = element('button', { type: 'button', textContent: `Download ${name}${extension}` });
  button.addEventListener('click', () => result.save(name + extension));
  return button;
}

function about(what: string, { position, id, probability, step }: RecordedToken): string {
  return `${what}, position ${position}: token ${id}, probability ${probability.toFixed(3)}, generated in step ${step}`;
}
