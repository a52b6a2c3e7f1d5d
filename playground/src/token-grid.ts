/** An image output as a grid of tokens: its picture, the tokens' probability, or the order in which they were generated. */
import type { RgbImage } from '../../src/client.js';
import type { RecordedToken } from './recording.js';

export type View = 'picture' | 'probability' | 'order';

/** Pixels of a token on the canvas. */
const CELL = 32;

export interface TokenGridOptions {
  readonly label: string;
  readonly grid: readonly [number, number];
  /** Called when the pointer or the focus moves to a token; with undefined if it is not generated yet. */
  readonly onToken: (token: RecordedToken | undefined, position: number) => void;
}

export class TokenGrid {
  readonly canvas = document.createElement('canvas');
  readonly #options: TokenGridOptions;
  #tokens = new Map<number, RecordedToken>();
  #picture: HTMLCanvasElement | undefined;
  #view: View = 'picture';
  #steps = 1;
  #selected: number | undefined;

  constructor(options: TokenGridOptions) {
    this.#options = options;
    const [rows, columns] = options.grid;
    const { canvas } = this;
    canvas.width = columns * CELL;
    canvas.height = rows * CELL;
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-label', `${options.label}: ${rows} by ${columns} tokens. Arrow keys move between them.`);
    canvas.addEventListener('pointermove', (event) => this.#point(event));
    canvas.addEventListener('pointerdown', (event) => this.#point(event));
    canvas.addEventListener('pointerleave', () => this.#select(undefined));
    canvas.addEventListener('keydown', (event) => this.#move(event));
    canvas.addEventListener('blur', () => this.#select(undefined));
  }

  /** @param steps steps of the whole recording @param image the finished picture, if there is one */
  show(tokens: readonly RecordedToken[], view: View, steps: number, image: RgbImage | undefined): void {
    this.#tokens = new Map(tokens.map((token) => [token.position, token]));
    this.#view = view;
    this.#steps = Math.max(1, steps);
    this.#picture = image && pictureCanvas(image);
    this.#draw();
  }

  #draw(): void {
    const context = this.canvas.getContext('2d')!;
    const [rows, columns] = this.#options.grid;
    const style = getComputedStyle(this.canvas);
    const [empty, ink, accent] = ['--empty', '--ink', '--accent'].map((name) => style.getPropertyValue(name));
    context.imageSmoothingEnabled = false;
    for (let position = 0; position < rows * columns; position++) {
      const [x, y] = [(position % columns) * CELL, Math.floor(position / columns) * CELL];
      const token = this.#tokens.get(position);
      context.fillStyle = empty!;
      context.fillRect(x, y, CELL, CELL);
      if (!token) {
        context.fillStyle = ink!;
        context.globalAlpha = 0.25;
        context.fillRect(x + CELL / 2 - 1, y + CELL / 2 - 1, 2, 2);
        context.globalAlpha = 1;
      } else if (this.#view === 'picture' && this.#picture) {
        const [width, height] = [this.#picture.width / columns, this.#picture.height / rows];
        const [left, top] = [(position % columns) * width, Math.floor(position / columns) * height];
        context.drawImage(this.#picture, left, top, width, height, x, y, CELL, CELL);
      } else {
        const share = this.#view === 'order' ? token.step / this.#steps : token.probability;
        context.fillStyle = accent!;
        context.globalAlpha = 0.08 + 0.92 * share;
        context.fillRect(x, y, CELL, CELL);
        context.globalAlpha = 1;
      }
    }
    if (this.#selected !== undefined) {
      const [x, y] = [(this.#selected % columns) * CELL, Math.floor(this.#selected / columns) * CELL];
      context.lineWidth = 3;
      context.strokeStyle = ink!;
      context.strokeRect(x + 1.5, y + 1.5, CELL - 3, CELL - 3);
    }
  }

  #select(position: number | undefined): void {
    if (position === this.#selected) return;
    this.#selected = position;
    this.#draw();
    if (position !== undefined) this.#options.onToken(this.#tokens.get(position), position);
  }

  #point({ offsetX, offsetY }: PointerEvent): void {
    const [rows, columns] = this.#options.grid;
    const column = Math.floor((offsetX / this.canvas.clientWidth) * columns);
    const row = Math.floor((offsetY / this.canvas.clientHeight) * rows);
    const inside = column >= 0 && column < columns && row >= 0 && row < rows;
    this.#select(inside ? row * columns + column : undefined);
  }

  #move(event: KeyboardEvent): void {
    const [rows, columns] = this.#options.grid;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    if (this.#selected === undefined) {
      this.#select(0);
      return;
    }
    const row = Math.floor(this.#selected / columns) + move[0];
    const column = (this.#selected % columns) + move[1];
    if (row >= 0 && row < rows && column >= 0 && column < columns) this.#select(row * columns + column);
  }
}

/** A picture on a canvas of its size. */
export function pictureCanvas({ width, height, data }: RgbImage): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    pixels.data.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas;
}
