/** The colours of a palette's text as fields: changing one changes the text. */
import { paletteToText, type Rgb, textToPalette } from '../../../src/modalities/text/palette.js';
import { element } from '../dom.js';

/** @param field whose value is the text; its `input` event is fired when a colour is changed */
export function paletteEditor(field: HTMLTextAreaElement): HTMLElement {
  const row = element('div', { className: 'row' });
  const show = () => {
    const colours = textToPalette(field.value);
    row.replaceChildren(
      ...colours.map((colour, i) => {
        const swatch = element('input', { type: 'color', value: hexOf(colour) });
        swatch.setAttribute('aria-label', `Colour ${i + 1} of ${field.name}`);
        swatch.addEventListener('change', () => {
          field.value = paletteToText(colours.with(i, rgbOf(swatch.value)));
          field.dispatchEvent(new Event('input', { bubbles: true }));
        });
        return swatch;
      }),
    );
  };
  field.addEventListener('input', show);
  show();
  return row;
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function rgbOf(hex: string): Rgb {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return [red!, green!, blue!];
}
