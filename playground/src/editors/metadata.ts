/** The published attributes of a picture as sliders and numbers: each can be given or left out. */
import {
  METADATA_KEYS,
  METADATA_RULES,
  type MetadataKey,
  PIXELS_PER_BIN,
} from '../../../src/modalities/text/metadata.js';
import { element } from '../dom.js';
import { editorOf } from './canvas.js';
import { type FactBins, factsToText, lastBin, textToFacts, valueText } from './facts.js';

/** @param field whose value is the text; its `input` event is fired when an attribute is changed */
export function metadataEditor(field: HTMLTextAreaElement): HTMLElement {
  const rows = METADATA_KEYS.map((key) => {
    return factRow(key, (bin) => {
      const { [key]: _, ...others } = textToFacts(field.value);
      field.value = factsToText(bin === undefined ? others : { ...others, [key]: bin });
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
  });
  const show = () => {
    const bins = textToFacts(field.value);
    for (const row of rows) row.show(bins);
  };
  field.addEventListener('input', show);
  show();
  return editorOf(`Attributes of ${field.name}`, ...rows.map(({ row }) => row));
}

interface FactRow {
  readonly row: HTMLElement;
  show(bins: FactBins): void;
}

/** @param onChange called with a bin, or undefined if the attribute is left out */
function factRow(key: MetadataKey, onChange: (bin: number | undefined) => void): FactRow {
  const { kind } = METADATA_RULES[key];
  const isNumber = kind === 'pixels' || kind === 'count';
  // Numbers are typed in their own unit; scores have a slider with a step for each bin.
  const unit = kind === 'pixels' ? PIXELS_PER_BIN : 1;
  const given = element('input', { type: 'checkbox' });
  const value = element('input', {
    type: isNumber ? 'number' : 'range',
    min: '0',
    max: String(unit * lastBin(key)),
    step: String(unit),
  });
  const read = () => Math.round(value.valueAsNumber / unit);
  const name = element('label', { className: 'given' });
  name.append(given, element('span', { textContent: key.replaceAll('_', ' ') }));
  value.setAttribute('aria-label', key);
  const shown = element('output');
  const row = element('div', { className: 'fact' });
  row.append(name, value, ...(isNumber ? [] : [shown]));
  given.addEventListener('change', () => onChange(given.checked ? read() : undefined));
  value.addEventListener(isNumber ? 'change' : 'input', () => {
    if (value.checkValidity() && value.value !== '') onChange(read());
  });
  return {
    row,
    show(bins) {
      const bin = bins[key];
      given.checked = bin !== undefined;
      if (bin !== undefined) value.value = String(unit * bin);
      else if (value.value === '') value.value = '0';
      shown.textContent = bin === undefined ? '–' : valueText(key, bin);
      if (!isNumber) value.setAttribute('aria-valuetext', shown.textContent);
    },
  };
}
