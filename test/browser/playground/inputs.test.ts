import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { encodePng } from '../../../src/media/encode.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { axeFinds, describeModel, describePlayground, finished, generate, open, page, wrong } from './page.js';

/** Drags on a canvas. @param points 0…1 from its left and top */
async function drag(canvas: Locator, ...points: readonly (readonly [number, number])[]): Promise<void> {
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const [from, ...to] = points.map(([across, down]) => [x + across * width, y + down * height] as const);
  await page.mouse.move(...from!);
  await page.mouse.down();
  for (const point of to) await page.mouse.move(...point);
  await page.mouse.up();
}

describePlayground('inputs and settings of the playground', () => {
  test('each output has settings, and they are compared with others', async () => {
    await open('in=rgb&out=depth,normal');
    await finished();
    await page.getByRole('button', { name: 'Compare with other settings' }).click();
    await page.locator('#second details', { hasText: 'depth' }).locator('summary').click();
    const depth = page.locator('#second').getByRole('group', { name: 'depth' });
    await depth.getByLabel('Order').selectOption('roar');
    await depth.getByLabel('Steps').fill('5');
    await depth.getByLabel('Temperature').fill('1');
    await generate();
    expect(await page.locator('#status').textContent()).toContain('after 2 and 6 steps');
    expect(await page.locator('.sample').count()).toBe(2);
    const address = page.url().split('#')[1]!;
    const query = new URLSearchParams(address);
    expect(query.get('second.decoding.depth')).toBe('method:roar,steps:5,temperature:1');
    expect(query.has('decoding.depth')).toBe(false);
    const code = await page.locator('#code code').textContent();
    expect(code).toContain('decoding: {"depth":{"method":"roar","steps":5,"temperature":1}}');
    await page.locator('#step').fill('3');
    const counts = page.locator('.card', { hasText: 'depth' }).locator('.note');
    expect(await counts.allTextContents()).toEqual(['64 of 64 tokens', '39 of 64 tokens']);
    await open(address);
    await finished();
    expect(page.url()).toContain(address);
    expect(wrong).toEqual([]);
  });

  test('a text is edited, another guides away from it, and both are in the address and in the code', async () => {
    await open('in=caption&out=depth&seed=1&decoding.depth=steps:2');
    await finished();
    await page.locator('#texts textarea').fill('a small blue box');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    const condition = page.getByRole('group', { name: 'Condition' });
    await condition.getByLabel('Condition').selectOption('caption');
    await condition.getByLabel('Text').fill('a big red ball');
    await condition.getByLabel('Weight').fill('-0.5');
    await generate();
    const query = new URLSearchParams(page.url().split('#')[1]);
    expect(Object.fromEntries(query)).toMatchObject({
      'text.caption': 'a small blue box',
      condition: 'caption:-0.5:a big red ball',
    });
    const code = await page.locator('#code code').textContent();
    expect(code).toContain('caption: "a small blue box"');
    expect(code).toContain('conditions: [{ inputs: { caption: "a big red ball" }, weight: -0.5 }]');
    expect(wrong).toEqual([]);
  });

  test('boxes of the address are edited over the picture', async () => {
    const text = 'v0=10 v1=10 v2=30 v3=40 ball';
    await open(`in=det&out=caption&${new URLSearchParams({ 'text.det': text })}`);
    await finished();
    const boxes = page.getByRole('group', { name: 'Boxes of det' });
    expect(await boxes.getByLabel('Class').inputValue()).toBe('ball');
    expect(await boxes.getByLabel('Left').inputValue()).toBe('0.159');
    // The box is taken at its middle.
    await drag(boxes.locator('canvas'), [0.3, 0.4], [0.4, 0.4], [0.459, 0.4]);
    expect(new URLSearchParams(page.url().split('#')[1]).get('text.det')).toBe('v0=20 v1=10 v2=40 v3=40 ball');
    expect(wrong).toEqual([]);
  });

  test('a drawing on the picture is an input, and in the address', async () => {
    await open('in=rgb&out=semseg&scene=7');
    await finished();
    await page.locator('#picture').click({ position: { x: 20, y: 20 } });
    await generate();
    const address = page.url().split('#')[1]!;
    expect(new URLSearchParams(address).get('strokes')).toMatch(/^d02020:\d+,\d+$/);
    const pixels = () => page.locator('#picture').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const drawn = await pixels();
    await open(address);
    expect(await pixels()).toBe(drawn);
    await finished();
    await page.locator('#clear').click();
    expect(await pixels()).not.toBe(drawn);
    expect(page.url()).not.toContain('strokes');
    expect(wrong).toEqual([]);
  });

  test('tokens can be read with the keyboard', async () => {
    await page.locator('.card canvas[tabindex]').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#token').textContent()).toMatch(
      /position 1: token \d+, probability [01]\.\d{3}, generated in step \d+$/,
    );
  });

  test('a token shows its entry in the codebook, its alternatives, and its attention to the inputs', async () => {
    const panel = page.locator('#token-panel');
    await panel.locator('.code canvas').waitFor();
    const shares = await panel.locator('.share').allTextContents();
    expect(shares).toHaveLength(6);
    const values = shares.map((text) => Number.parseFloat(text));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(await panel.locator('.maps canvas').first().getAttribute('aria-label')).toMatch(
      /^Attention to rgb, highest in row \d/,
    );
    expect(wrong).toEqual([]);
  });

  test('the masks of a training sample are drawn anew, and the same for the same seed', async () => {
    await page.locator('#masks summary').click();
    const drawn = page.locator('#masks-drawn figcaption');
    await drawn.first().waitFor();
    const form = page.locator('#masks-form');
    await form.getByLabel('Component').selectOption({ index: 1 });
    await form.getByLabel('Inputs').fill('40');
    const first = await drawn.allTextContents();
    expect(first[0]).toBe('rgb@64: 40 input, 0 target');
    const pictures = () =>
      page
        .locator('#masks-drawn canvas')
        .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
    const before = await pictures();
    await form.getByRole('button', { name: 'Draw anew' }).click();
    expect(await form.getByLabel('Seed').inputValue()).toBe('1');
    expect(await pictures()).not.toEqual(before);
    await form.getByLabel('Seed').fill('0');
    expect(await pictures()).toEqual(before);
    expect(wrong).toEqual([]);
  });

  test('a picture that is uploaded is an input; a file that is none is an error in a sentence', async () => {
    await open();
    const buffer = Buffer.from(encodePng(toyboxSample(5, { people: false }).rgb));
    await page.setInputFiles('#upload', { name: 'own.png', mimeType: 'image/png', buffer });
    await page.locator('#picture-note', { hasText: 'own.png' }).waitFor();
    await generate();
    await page.setInputFiles('#upload', { name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('nothing') });
    await page.locator('#status.failed', { hasText: /^'no\.png' is not a picture .*\.$/ }).waitFor();
    expect(wrong).toEqual([]);
  });

  test('values in texts are edited by meaning, in a model of all kinds of modality', async () => {
    await open();
    await describeModel('all/');
    await page.locator('#model-use').click();
    await page.locator('#scene').fill('9');
    const fields = page.locator('#texts');
    const choose = (name: string) => page.locator('#inputs').getByText(name, { exact: true }).click();
    const written = (name: string) => new URLSearchParams(page.url().split('#')[1]).get(`text.${name}`);

    await choose('color_palette');
    const colours = fields.locator('input[type=color]');
    const count = await colours.count();
    await colours.first().fill('#ff0080');
    expect(written('color_palette')).toMatch(new RegExp(`^v1=${count} v0=255 v0=0 v0=128\\b`));

    await choose('det');
    const boxes = fields.getByRole('group', { name: 'Boxes of det' });
    const listed = boxes.getByLabel('Box').locator('option');
    const shown = await listed.count();
    await drag(boxes.locator('canvas'), [0.7, 0.1], [0.8, 0.2], [0.9, 0.25]);
    expect(await listed.count()).toBe(shown + 1);
    expect(Number(await boxes.getByLabel('Right').inputValue())).toBeCloseTo(0.9, 1);
    await boxes.getByLabel('Class').fill('ring');
    await boxes.getByLabel('Left').fill('0.5');
    await boxes.getByLabel('Left').blur();
    expect(written('det')).toMatch(/v0=32 v1=\d v2=5\d v3=1\d ring/);
    await boxes.getByRole('button', { name: 'Remove it' }).click();
    expect(await listed.count()).toBe(shown);

    await choose('metadata');
    const facts = fields.getByRole('group', { name: 'Attributes of metadata' });
    await facts.getByLabel('n humans').uncheck();
    await facts.getByLabel('colorfulness', { exact: true }).nth(1).fill('49');
    expect(written('metadata')).toContain('v1=9 v0=49');
    expect(written('metadata')).not.toMatch(/v1=5\b/);

    await choose('human_poses');
    const people = fields.getByRole('group', { name: 'People of human_poses' });
    await people.getByLabel('Posture').selectOption('cheering');
    const cheering = written('human_poses')!;
    expect(cheering).toMatch(/^[\d.]+,[\d.]+,[\d.]+;[-\d.,]+;pelvis:/);
    await people.getByLabel('Joint').selectOption('left_wrist');
    await people.getByRole('button', { name: 'Turn bone right' }).click();
    expect(written('human_poses')).not.toBe(cheering);
    const [x, y] = cheering.split(',').map(Number) as [number, number];
    await drag(people.locator('canvas'), [x, y], [0.5, 0.5], [0.3, 0.5]);
    expect(Number(await people.getByLabel('Across').inputValue())).toBeCloseTo(0.3, 1);
    await people.getByRole('button', { name: 'Add a person' }).click();
    expect(written('human_poses')!.split('|')).toHaveLength(2);

    expect(await page.locator('#code code').textContent()).toContain('human_poses: [{"box":{"xmin":');
    expect(await axeFinds('#controls')).toEqual([]);
    await page.locator('#outputs').getByText('caption', { exact: true }).click();
    await generate();
    expect(wrong).toEqual([]);
  });
});
