/** Editor of people over the picture: joints are dragged, or a posture of the toybox is selected. */
import type { RgbImage } from '../../../src/client.js';
import { drawSkeletons } from '../../../src/modalities/people/draw-skeletons.js';
import { JOINTS } from '../../../src/modalities/people/skeleton.js';
import { ACTIONS, type Action } from '../../../src/toybox/poses.js';
import { element, labelled } from '../dom.js';
import { canvasOver, editorOf, endWithPointer, pointIn, showPicture } from './canvas.js';
import {
  dragJoint,
  type EditedPerson,
  inPosture,
  jointsOf,
  newPerson,
  type Point,
  turnAround,
  turnBone,
} from './people.js';
import { MAX_METRE, MIN_METRE, peopleToText, textToPeople } from './people-text.js';

/** Degrees by which a button rotates a bone, and a person. */
const [BONE_TURN, BODY_TURN] = [10, 30];
/** Maximum distance at which the pointer grabs a joint, as a fraction of the picture. */
const NEAR = 0.06;

/**
 * @param field   whose value is the text of the people; its `input` event is fired when they are changed
 * @param picture that they are drawn over
 */
export function posesEditor(field: HTMLTextAreaElement, picture: () => RgbImage): HTMLElement {
  const canvas = canvasOver(`People of ${field.name}`);
  const which = element('select');
  const action = element('select');
  action.append(
    element('option', { value: '', textContent: 'as it is' }),
    ...ACTIONS.map((value) => element('option', { value, textContent: value })),
  );
  const joint = element('select');
  joint.append(...JOINTS.map((name, i) => element('option', { value: String(i), textContent: name })));
  const sliders = [
    { name: 'Across', key: 'x', min: 0, max: 1 },
    { name: 'Down', key: 'y', min: 0, max: 1 },
    { name: 'Size', key: 'metre', min: MIN_METRE, max: MAX_METRE },
  ].map(({ name, key, min, max }) => {
    const input = element('input', { type: 'range', min: String(min), max: String(max), step: '0.01' });
    return { name, key: key as 'x' | 'y' | 'metre', input };
  });

  let selected = 0;
  let posture = 0;
  const people = () => textToPeople(field.value);
  const write = (all: readonly EditedPerson[]) => {
    field.value = peopleToText(all);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const change = (edit: (person: EditedPerson) => EditedPerson) => {
    const all = people();
    const one = all[selected];
    if (one) write(all.with(selected, edit(one)));
  };
  const button = (textContent: string, onClick: () => void) => {
    const made = element('button', { type: 'button', textContent });
    made.addEventListener('click', onClick);
    return made;
  };
  const add = button('Add a person', () => {
    const all = [...people(), newPerson()];
    selected = all.length - 1;
    write(all);
  });
  const ofOne = [
    button('Remove them', () => write(people().toSpliced(selected, 1))),
    button('Another posture', () => {
      posture++;
      take(action.value === '' ? 'standing' : (action.value as Action));
    }),
    button('Face left', () => change((person) => turnAround(person, -BODY_TURN))),
    button('Face right', () => change((person) => turnAround(person, BODY_TURN))),
  ];
  const ofBone = [
    button('Turn bone left', () => change((person) => turnBone(person, Number(joint.value), -BONE_TURN))),
    button('Turn bone right', () => change((person) => turnBone(person, Number(joint.value), BONE_TURN))),
  ];
  const take = (name: Action) => {
    change((person) => inPosture(person, name, posture));
    action.value = name;
  };

  const show = () => {
    const all = people();
    selected = Math.max(0, Math.min(selected, all.length - 1));
    which.replaceChildren(
      ...all.map((_, i) => element('option', { value: String(i), textContent: `Person ${i + 1}` })),
    );
    which.value = String(selected);
    const one = all[selected];
    for (const part of [which, action, joint, ...ofOne, ...sliders.map(({ input }) => input)]) part.disabled = !one;
    for (const part of ofBone) part.disabled = !one || joint.value === '0';
    for (const { key, input } of sliders) if (one) input.value = String(one[key]);
    action.value = '';
    drawPeople(canvas, picture(), all, one && jointsOf(one)[Number(joint.value)]);
  };
  which.addEventListener('change', () => {
    selected = Number(which.value);
    show();
  });
  joint.addEventListener('change', show);
  action.addEventListener('change', () => {
    if (action.value !== '') take(action.value as Action);
  });
  for (const { key, input } of sliders) {
    input.addEventListener('input', () => {
      const value = input.valueAsNumber;
      change((person) => ({ ...person, [key]: value }));
    });
  }
  canvas.addEventListener('pointerdown', (event) => {
    const taken = nearestJoint(people(), pointIn(canvas, event));
    if (!taken) return;
    selected = taken.person;
    joint.value = String(taken.joint);
    canvas.setPointerCapture(event.pointerId);
    // Relative to the start of the drag, so that rounding errors do not accumulate.
    const before = people()[selected]!;
    canvas.onpointermove = (moved) => change(() => dragJoint(before, taken.joint, pointIn(canvas, moved)));
    show();
  });
  endWithPointer(canvas);
  field.addEventListener('input', show);
  show();

  const row = (...parts: readonly HTMLElement[]) => {
    const made = element('div', { className: 'row' });
    made.append(...parts);
    return made;
  };
  const grid = element('div', { className: 'grid' });
  grid.append(labelled('Person', which), labelled('Posture', action), labelled('Joint', joint));
  grid.append(...sliders.map(({ name, input }) => labelled(name, input)));
  return editorOf(`People of ${field.name}`, canvas, grid, row(...ofBone), row(...ofOne, add));
}

/** The joint of any person nearest to a point. @returns undefined if none is near */
function nearestJoint(people: readonly EditedPerson[], { x, y }: Point): { person: number; joint: number } | undefined {
  const joints = people.flatMap((own, person) =>
    jointsOf(own).map((at, joint) => ({ person, joint, distance: Math.hypot(at.x - x, at.y - y) })),
  );
  const [nearest] = joints.filter(({ distance }) => distance < NEAR).sort((a, b) => a.distance - b.distance);
  return nearest;
}

function drawPeople(
  canvas: HTMLCanvasElement,
  picture: RgbImage,
  people: readonly EditedPerson[],
  joint: Point | undefined,
): void {
  const skeletons = people.map((person) => ({ joints: jointsOf(person) }));
  const context = showPicture(canvas, drawSkeletons(picture, skeletons, canvas.width / picture.width));
  if (!joint) return;
  context.strokeStyle = '#ffffff';
  context.lineWidth = 2;
  context.beginPath();
  context.arc(joint.x * canvas.width, joint.y * canvas.height, 7, 0, 2 * Math.PI);
  context.stroke();
}
