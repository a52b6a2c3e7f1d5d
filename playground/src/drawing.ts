/** Strokes that a visitor draws on the picture, as a text for the address: `ff0000:12,30,13,31;…`, a colour and points in pixels. */

/** Pixels of the pen's width. */
const WIDTH = 4;

/** Draws strokes. Malformed ones are ignored. */
export function drawStrokes(canvas: HTMLCanvasElement, strokes: string): void {
  const context = canvas.getContext('2d')!;
  for (const stroke of strokes.split(';')) {
    const [, colour, points] = /^([0-9a-f]{6}):((?:\d+,\d+,?)+)$/.exec(stroke) ?? [];
    if (!points) continue;
    context.fillStyle = `#${colour}`;
    const numbers = points.split(',').map(Number);
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      context.fillRect(numbers[i]! - WIDTH / 2, numbers[i + 1]! - WIDTH / 2, WIDTH, WIDTH);
    }
  }
}

/** Lets a visitor draw. @param onStroke called with each point of a stroke, and whether it begins one */
export function listenForStrokes(canvas: HTMLCanvasElement, onStroke: (point: string, begins: boolean) => void): void {
  let last = '';
  const at = ({ offsetX, offsetY }: PointerEvent) => {
    const across = Math.floor((Math.max(0, offsetX) / canvas.clientWidth) * canvas.width);
    const down = Math.floor((Math.max(0, offsetY) / canvas.clientHeight) * canvas.height);
    return `${across},${down}`;
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    onStroke(last, true);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 0 || at(event) === last) return;
    last = at(event);
    onStroke(last, false);
  });
}
