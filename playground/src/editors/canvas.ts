/** Shared parts of the editors over a picture: a canvas, points on it, and fields. */
import type { RgbImage } from '../../../src/client.js';
import { element } from '../dom.js';
import { pictureCanvas } from '../token-grid.js';
import type { Point } from './people.js';

/** Pixels a side of an editor's canvas. */
const SIDE = 256;

/** A canvas that is edited by the pointer; fields beside it do the same by the keyboard. */
export function canvasOver(label: string): HTMLCanvasElement {
  const canvas = element('canvas', { width: SIDE, height: SIDE, className: 'over' });
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  return canvas;
}

/** Where a pointer is, 0…1 from the left and the top. */
export function pointIn({ clientWidth, clientHeight }: HTMLCanvasElement, { offsetX, offsetY }: PointerEvent): Point {
  const within = (x: number) => Math.min(1, Math.max(0, x));
  return { x: within(offsetX / clientWidth), y: within(offsetY / clientHeight) };
}

/** Draws a picture over the whole canvas, enlarged. */
export function showPicture(canvas: HTMLCanvasElement, picture: RgbImage): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(pictureCanvas(picture), 0, 0, canvas.width, canvas.height);
  return context;
}

/** Ends a drag, which `onpointermove` follows, with its pointer. */
export function endWithPointer(canvas: HTMLCanvasElement): void {
  for (const end of ['pointerup', 'pointercancel'] as const) {
    canvas.addEventListener(end, () => {
      canvas.onpointermove = null;
    });
  }
}

/** The parts of an editor as a group. */
export function editorOf(label: string, ...children: readonly HTMLElement[]): HTMLElement {
  const group = element('div', { className: 'editor' });
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', label);
  group.append(...children);
  return group;
}
