/** The settings of one generation: its seed, the decoding of each output, and weighted conditions. */
import { element, labelled } from './dom.js';
import type { PlannedOutput } from './request.js';
import { type Condition, MAX_SEED, type OutputSettings, type Settings } from './state.js';

/** A possible condition. */
export interface ConditionChoice {
  readonly name: string;
  /** Initial text; absent if the value of the scene is used. */
  readonly text?: string;
}

interface NumberField {
  readonly label: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const NUMBERS: Readonly<Record<'steps' | 'temperature' | 'topP' | 'topK' | 'guidanceScale', NumberField>> = {
  steps: { label: 'Steps', attributes: { min: '1', step: '1' } },
  temperature: { label: 'Temperature', attributes: { min: '0', step: 'any' } },
  topP: { label: 'Top-p', attributes: { min: '0', max: '1', step: 'any' } },
  topK: { label: 'Top-k', attributes: { min: '0', step: 'any' } },
  guidanceScale: { label: 'Guidance', attributes: { step: 'any' } },
};
type NumberName = keyof typeof NUMBERS;

/** Shows and reads settings. Its fields are in the page's form, whose `input` events report changes; other changes call `onChange`. */
export class SettingsForm {
  readonly #parent: HTMLElement;
  readonly #onChange: () => void;
  #choices: readonly ConditionChoice[] = [];

  constructor(parent: HTMLElement, onChange: () => void) {
    this.#parent = parent;
    this.#onChange = onChange;
  }

  /** Replaces the fields. Open sections stay open. */
  show(settings: Settings, planned: readonly PlannedOutput[], choices: readonly ConditionChoice[]): void {
    this.#choices = choices;
    const open = new Set(
      Array.from(this.#parent.querySelectorAll<HTMLElement>('details[open]'), ({ dataset }) => dataset.output),
    );
    const isGuided = settings.conditions.length > 0;
    const outputs = planned.map((output) => {
      const own = outputFields(output, settings.decoding[output.name] ?? {}, isGuided);
      own.open = open.has(output.name);
      return own;
    });
    const seed = element('input', { type: 'number', name: 'seed', min: '0', max: String(MAX_SEED), step: '1' });
    seed.required = true;
    seed.value = String(settings.seed);
    const add = element('button', { type: 'button', className: 'add', textContent: 'Add a condition' });
    add.addEventListener('click', () => {
      const [first] = this.#choices;
      if (!first) return;
      this.#parent.querySelector('.conditions')!.append(this.#conditionFields(newCondition(first)));
      this.#onChange();
    });
    const conditions = element('div', { className: 'conditions' });
    conditions.append(...settings.conditions.map((condition) => this.#conditionFields(condition)));
    this.#parent.replaceChildren(labelled('Seed', seed), ...outputs, conditions, ...(choices.length > 0 ? [add] : []));
  }

  read(): Settings {
    const outputs = Array.from(this.#parent.querySelectorAll<HTMLElement>('details'), (details) => {
      return [details.dataset.output!, readOutput(details)] as const;
    });
    const seed = this.#parent.querySelector<HTMLInputElement>('[name=seed]')!;
    return {
      seed: seed.valueAsNumber,
      decoding: Object.fromEntries(outputs.filter(([, settings]) => Object.keys(settings).length > 0)),
      conditions: Array.from(this.#parent.querySelectorAll<HTMLElement>('.condition'), readCondition),
    };
  }

  #conditionFields({ modality, weight, text }: Condition): HTMLElement {
    const row = element('div', { className: 'condition' });
    row.setAttribute('role', 'group');
    row.setAttribute('aria-label', 'Condition');
    const which = element('select', { name: 'modality' });
    which.append(
      ...this.#choices.map(({ name }) => element('option', { textContent: name, selected: name === modality })),
    );
    which.addEventListener('change', () => {
      const choice = this.#choices.find(({ name }) => name === which.value)!;
      row.replaceWith(this.#conditionFields({ ...newCondition(choice), weight: Number(number.value) }));
      this.#onChange();
    });
    const number = element('input', {
      type: 'number',
      name: 'weight',
      step: 'any',
      value: String(weight),
      required: true,
    });
    const remove = element('button', { type: 'button', textContent: 'Remove' });
    remove.addEventListener('click', () => {
      row.remove();
      this.#onChange();
    });
    row.append(labelled('Condition', which), labelled('Weight', number));
    if (text !== undefined) row.append(labelled('Text', element('textarea', { name: 'text', rows: 2, value: text })));
    row.append(remove);
    return row;
  }
}

/** A new condition has a negative weight: guidance away from it is the usual purpose. */
function newCondition({ name, text }: ConditionChoice): Condition {
  return { modality: name, weight: -1, ...(text !== undefined && { text }) };
}

function readCondition(row: HTMLElement): Condition {
  const field = (name: string) => row.querySelector<HTMLInputElement>(`[name=${name}]`);
  const text = field('text')?.value;
  return {
    modality: field('modality')!.value,
    weight: field('weight')!.valueAsNumber,
    ...(text !== undefined && { text }),
  };
}

function outputFields({ name, settings }: PlannedOutput, own: OutputSettings, isGuided: boolean): HTMLDetailsElement {
  const details = element('details', { className: 'output' });
  details.dataset.output = name;
  const isText = settings.method === 'autoregressive';
  const summary = element('summary', { textContent: `${name} ` });
  summary.append(element('small', { textContent: summaryOf({ ...settings, ...own }) }));
  const grid = element('div', { className: 'grid' });
  grid.setAttribute('role', 'group');
  grid.setAttribute('aria-label', name);
  if (!isText) {
    grid.append(
      labelled('Order', choice('method', ['maskgit', 'roar'], own.method, settings.method)),
      labelled('Schedule', choice('schedule', ['cosine', 'linear'], own.schedule, settings.schedule ?? 'cosine')),
    );
  }
  for (const [key, { label, attributes }] of Object.entries(NUMBERS) as [NumberName, NumberField][]) {
    if (key === 'steps' && isText) continue;
    const input = element('input', {
      type: 'number',
      name: key,
      value: own[key] === undefined ? '' : String(own[key]),
    });
    for (const [attribute, value] of Object.entries(attributes)) input.setAttribute(attribute, value);
    const usual = settings[key];
    input.placeholder = usual === undefined ? 'none' : String(usual);
    if (key === 'guidanceScale' && isGuided) {
      input.disabled = true;
      input.placeholder = 'by the conditions';
    }
    grid.append(labelled(label, input));
  }
  details.append(summary, grid);
  details.addEventListener('input', () => {
    summary.querySelector('small')!.textContent = summaryOf({ ...settings, ...readOutput(details) });
  });
  return details;
}

function readOutput(details: HTMLElement): OutputSettings {
  const fields = Array.from(details.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select'));
  const entries = fields.flatMap(({ name, value, disabled }) => {
    if (value === '' || disabled) return [];
    return [[name, name in NUMBERS ? Number(value) : value] as const];
  });
  return Object.fromEntries(entries);
}

/** `maskgit, 8 steps, temperature 1, guidance 2` */
function summaryOf({ method, steps, temperature, guidanceScale }: OutputSettings): string {
  return [
    method === 'autoregressive' ? 'left to right' : method,
    ...(steps === undefined ? [] : [`${steps} step${steps === 1 ? '' : 's'}`]),
    `temperature ${temperature}`,
    ...(guidanceScale === undefined || guidanceScale === 1 ? [] : [`guidance ${guidanceScale}`]),
  ].join(', ');
}

/** A list of values. The default is an empty value, as in an empty field. */
function choice(name: string, values: readonly string[], own: string | undefined, usual: string): HTMLSelectElement {
  const select = element('select', { name });
  for (const each of values) {
    const value = each === usual ? '' : each;
    select.append(element('option', { value, textContent: each, selected: each === (own ?? usual) }));
  }
  return select;
}
