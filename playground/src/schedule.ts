/** The token schedule as bars: the tokens committed in each step. Steps after the current one are pale. */
import type { RecordedStep } from './recording.js';

export function drawSchedule(canvas: HTMLCanvasElement, steps: readonly RecordedStep[], current: number): void {
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const highest = Math.max(1, ...steps.map(({ count }) => count));
  const width = canvas.width / Math.max(1, steps.length);
  context.fillStyle = getComputedStyle(canvas).getPropertyValue('--accent');
  steps.forEach(({ count }, i) => {
    context.globalAlpha = i < current ? 1 : 0.25;
    const height = Math.max(2, (count / highest) * canvas.height);
    context.fillRect(i * width, canvas.height - height, Math.max(1, width - 1), height);
  });
  context.globalAlpha = 1;
}
