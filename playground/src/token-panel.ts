/** The details of a token: its code in the codebook, its alternatives, and its attention to the inputs. */
import type { InputAttention, LikelyToken, RgbImage } from '../../src/client.js';
import { element } from './dom.js';
import type { Modality } from './package.js';
import type { RecordedToken } from './recording.js';
import { pictureCanvas } from './token-grid.js';

/** Milliseconds that the pointer stays on a token before its codes are decoded. */
const DELAY = 150;

/** An input that a token attends to. */
export interface Attended {
  readonly grid: readonly [number, number] | undefined;
  readonly picture: RgbImage | undefined;
}

/** Draws the entry of a codebook. */
export type DecodeCode = (name: string, id: number, signal: AbortSignal) => Promise<HTMLCanvasElement | undefined>;

export class TokenPanel {
  readonly #parent: HTMLElement;
  readonly #decode: DecodeCode;
  /** By modality and id. */
  readonly #codes = new Map<string, HTMLCanvasElement>();
  #loading = new AbortController();

  constructor(parent: HTMLElement, decode: DecodeCode) {
    this.#parent = parent;
    this.#decode = decode;
  }

  clear(): void {
    this.#loading.abort();
    this.#parent.hidden = true;
  }

  /** @param inputOf the picture of an input by its name */
  show({ name, grid }: Modality, token: RecordedToken | undefined, inputOf: (name: string) => Attended): void {
    this.clear();
    if (!token) return;
    const alternatives = token.alternatives ?? [];
    const list = element('ol');
    list.append(...alternatives.map((each) => alternativeRow(each, each.id === token.id)));
    const blocks = [block('Alternatives', list)];
    if (grid) {
      const code = element('figure', { className: 'code' });
      code.dataset.code = String(token.id);
      code.append(element('figcaption', { textContent: `Code ${token.id}` }));
      blocks.unshift(block('In the codebook', code));
      this.#showCodes(name, [...new Set([token.id, ...alternatives.map(({ id }) => id)])]);
    }
    const passes = token.attention ?? [];
    passes.forEach((inputs, i) => {
      const heading = passes.length > 1 ? `Attention of pass ${i + 1}` : 'Attention to the inputs';
      const maps = element('div', { className: 'maps' });
      maps.append(...inputs.map((input) => attentionMap(input, inputOf(input.modality))));
      blocks.push(block(heading, inputs.length > 0 ? maps : element('p', { textContent: 'There are no inputs.' })));
    });
    this.#parent.replaceChildren(...blocks);
    this.#parent.hidden = false;
  }

  /** Decodes codes one after another, and inserts each into its figure. */
  async #showCodes(name: string, ids: readonly number[]): Promise<void> {
    const loading = new AbortController();
    this.#loading = loading;
    await new Promise((done) => setTimeout(done, this.#codes.has(`${name} ${ids[0]}`) ? 0 : DELAY));
    for (const id of ids) {
      if (loading.signal.aborted) return;
      const key = `${name} ${id}`;
      // If decoding fails, there is no picture; it is tried again next time.
      const canvas = this.#codes.get(key) ?? (await this.#decode(name, id, loading.signal).catch(() => undefined));
      if (!canvas || loading.signal.aborted) continue;
      this.#codes.set(key, canvas);
      for (const place of this.#parent.querySelectorAll(`[data-code="${id}"]`))
        place.prepend(copyOf(canvas, `Code ${id}`));
    }
  }
}

function block(heading: string, content: HTMLElement): HTMLElement {
  const section = element('section');
  section.append(element('h3', { textContent: heading }), content);
  return section;
}

function alternativeRow({ id, probability, text }: LikelyToken, isChosen: boolean): HTMLLIElement {
  const row = element('li', { className: isChosen ? 'chosen' : '' });
  if (text === undefined) row.dataset.code = String(id);
  const bar = element('span', { className: 'bar' });
  bar.style.setProperty('--share', String(probability));
  const share = element('span', { className: 'share', textContent: `${(100 * probability).toFixed(1)} %` });
  row.append(element('span', { textContent: text ?? String(id) }), bar, share);
  return row;
}

/** The attention to an input: the picture, bright where attention is high; or the words. */
function attentionMap({ modality, shares, texts }: InputAttention, { grid, picture }: Attended): HTMLElement {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const highest = Math.max(1e-9, ...shares);
  const figure = element('figure');
  figure.append(element('figcaption', { textContent: `${modality} ${(100 * total).toFixed(0)} %` }));
  if (grid && shares.length === grid[0] * grid[1]) {
    figure.prepend(heatMap(shares, highest, grid, picture, modality));
    return figure;
  }
  const words = element('p', { className: 'words' });
  const shown = texts ?? Array.from(shares, (_, i) => String(i));
  words.append(
    ...shown.flatMap((text, i) => {
      const word = element('span', {
        className: 'attended',
        textContent: text.replace(/^##/, ''),
        title: `${(100 * shares[i]!).toFixed(1)} %`,
      });
      word.style.setProperty('--share', String(shares[i]! / highest));
      return [word, ' '];
    }),
  );
  figure.prepend(words);
  return figure;
}

function heatMap(
  shares: Float32Array,
  highest: number,
  [rows, columns]: readonly [number, number],
  picture: RgbImage | undefined,
  name: string,
): HTMLCanvasElement {
  const cell = 16;
  const canvas = element('canvas', { width: columns * cell, height: rows * cell });
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) context.drawImage(pictureCanvas(picture), 0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  shares.forEach((share, i) => {
    // The square root makes small shares visible.
    context.globalAlpha = 0.85 * (1 - Math.sqrt(share / highest));
    context.fillRect((i % columns) * cell, Math.floor(i / columns) * cell, cell, cell);
  });
  canvas.setAttribute('role', 'img');
  const at = shares.indexOf(Math.max(...shares));
  canvas.setAttribute(
    'aria-label',
    `Attention to ${name}, highest in row ${Math.floor(at / columns)}, column ${at % columns}`,
  );
  return canvas;
}

function copyOf(canvas: HTMLCanvasElement, label: string): HTMLCanvasElement {
  const copy = element('canvas', { width: canvas.width, height: canvas.height });
  copy.getContext('2d')!.drawImage(canvas, 0, 0);
  copy.setAttribute('role', 'img');
  copy.setAttribute('aria-label', label);
  return copy;
}
