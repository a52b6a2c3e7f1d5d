/** Boxes over the picture: drawn, moved and stretched by the pointer, or by fields. */
import type { RgbImage } from '../../../src/client.js';
import {
  type Box,
  type Detection,
  detectionsToText,
  orderDetections,
  textToDetections,
} from '../../../src/modalities/text/detections.js';
import { element, labelled } from '../dom.js';
import { canvasOver, editorOf, endWithPointer, pointIn, showPicture } from './canvas.js';
import { dragBox, grabBox, withSide } from './drag-box.js';

/** Pixels of the border of a box. */
const BORDER = 2;

const SIDES = { xmin: 'Left', ymin: 'Top', xmax: 'Right', ymax: 'Bottom' } as const;
type Side = keyof typeof SIDES;

/** Options of {@link boxesEditor}. */
export interface BoxesOptions {
  readonly classes: readonly string[];
  /** Number of bins of a coordinate. */
  readonly bins: number;
  /** The picture that they are drawn over. */
  readonly picture: () => RgbImage;
}

/** @param field whose value is the text; its `input` event is fired when a box is changed */
export function boxesEditor(field: HTMLTextAreaElement, { classes, bins, picture }: BoxesOptions): HTMLElement {
  const canvas = canvasOver(`Boxes of ${field.name}`);
  const which = element('select');
  const label = element('input', { type: 'text', spellcheck: false });
  const names = element('datalist', { id: `classes-of-${field.name}` });
  names.append(...classes.map((value) => element('option', { value })));
  label.setAttribute('list', names.id);
  const sides = Object.entries(SIDES).map(([side, name]) => {
    const input = element('input', { type: 'number', min: '0', max: '1', step: 'any' });
    return { side: side as Side, name, input };
  });
  const add = element('button', { type: 'button', textContent: 'Add a box' });
  const remove = element('button', { type: 'button', textContent: 'Remove it' });

  let selected = 0;
  const boxes = () => textToDetections(field.value, bins);

  const show = () => {
    const all = boxes();
    selected = Math.max(0, Math.min(selected, all.length - 1));
    const one = all[selected];
    which.replaceChildren(
      ...all.map((own, i) => element('option', { value: String(i), textContent: `${i + 1}: ${own.label}` })),
    );
    which.value = String(selected);
    for (const input of [which, label, remove, ...sides.map(({ input }) => input)]) input.disabled = one === undefined;
    label.value = one?.label ?? '';
    for (const { side, input } of sides) input.value = one ? String(Number(one.box[side].toFixed(3))) : '';
    drawBoxes(canvas, picture(), all, selected);
  };
  const write = (all: readonly Detection[], changed: Detection | undefined) => {
    const ordered = orderDetections(all);
    selected = changed ? ordered.indexOf(changed) : 0;
    field.value = detectionsToText(ordered, bins);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const replace = (changed: Detection) => write(boxes().with(selected, changed), changed);
  const addBox = (box: Box) => {
    const added = { label: label.value || classes[0] || 'object', box };
    write([...boxes(), added], added);
  };

  which.addEventListener('change', () => {
    selected = Number(which.value);
    show();
  });
  label.addEventListener('change', () => {
    if (/^[^=]*[^=\s]$/.test(label.value)) replace({ ...boxes()[selected]!, label: label.value.trim() });
    else show();
  });
  for (const { side, input } of sides) {
    input.addEventListener('change', () => {
      const one = boxes()[selected]!;
      if (input.checkValidity() && input.value !== '') {
        replace({ ...one, box: withSide(one.box, side, input.valueAsNumber) });
      } else show();
    });
  }
  add.addEventListener('click', () => addBox({ xmin: 0.25, ymin: 0.25, xmax: 0.75, ymax: 0.75 }));
  remove.addEventListener('click', () => write(boxes().toSpliced(selected, 1), undefined));
  canvas.addEventListener('pointerdown', (event) => {
    const from = pointIn(canvas, event);
    const grabbed = grabBox(
      boxes().map(({ box }) => box),
      from,
    );
    if (grabbed) selected = grabbed.index;
    const box = grabbed ? boxes()[selected]!.box : { xmin: from.x, ymin: from.y, xmax: from.x, ymax: from.y };
    const grip = grabbed?.grip ?? { x: 'xmax', y: 'ymax' };
    // Outside all boxes, dragging draws a new one.
    let isNew = !grabbed;
    canvas.setPointerCapture(event.pointerId);
    canvas.onpointermove = (moved) => {
      const dragged = dragBox(box, grip, from, pointIn(canvas, moved));
      if (isNew) addBox(dragged);
      else replace({ ...boxes()[selected]!, box: dragged });
      isNew = false;
    };
    show();
  });
  endWithPointer(canvas);
  field.addEventListener('input', show);
  show();

  const fields = element('div', { className: 'grid' });
  fields.append(labelled('Box', which), labelled('Class', label));
  fields.append(...sides.map(({ name, input }) => labelled(name, input)));
  const buttons = element('div', { className: 'row' });
  buttons.append(add, remove);
  return editorOf(`Boxes of ${field.name}`, canvas, fields, names, buttons);
}

function drawBoxes(canvas: HTMLCanvasElement, picture: RgbImage, boxes: readonly Detection[], selected: number): void {
  const context = showPicture(canvas, picture);
  const { width, height } = canvas;
  context.font = '12px system-ui, sans-serif';
  boxes.forEach(({ label, box: { xmin, ymin, xmax, ymax } }, i) => {
    const [left, top] = [xmin * width, ymin * height];
    const [across, down] = [(xmax - xmin) * width, (ymax - ymin) * height];
    for (const [style, line] of [
      ['#14161c', BORDER + 2],
      [i === selected ? '#40e0d0' : '#ffffff', BORDER],
    ] as const) {
      context.strokeStyle = style;
      context.lineWidth = line;
      context.strokeRect(left, top, across, down);
    }
    const wide = context.measureText(label).width + 6;
    context.fillStyle = '#14161c';
    context.fillRect(left, top, wide, 16);
    context.fillStyle = '#ffffff';
    context.fillText(label, left + 3, top + 12);
  });
}
