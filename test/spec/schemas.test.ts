import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { KINDS } from '../../spec/adapters/typescript/kinds.js';
import { findVectors } from '../../spec/harness/find-vectors.js';

const spec = fileURLToPath(new URL('../../spec', import.meta.url));
const files = readdirSync(`${spec}/schemas`);
const schemas = files.map((file) => JSON.parse(readFileSync(`${spec}/schemas/${file}`, 'utf8')));
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allowUnionTypes: true,
});
for (const schema of schemas) ajv.addSchema(schema);

test('every kind that our adapter runs has a schema, and there are no others', () => {
  expect(files.map((file) => file.replace(/\.json$/, '')).filter((name) => name !== 'vector')).toEqual(
    [...KINDS].sort(),
  );
});

const vectors = await Promise.all(findVectors(`${spec}/vectors`).map((place) => place.open()));

test.each(vectors.map((vector) => [vector.name, vector] as const))(
  '%s is as the schema of its kind says',
  (_, vector) => {
    const { kind, document } = vector.about;
    expect(ajv.validate(`${kind}.json`, vector.about), ajv.errorsText()).toBe(true);
    if (document) expect(ajv.validate(`${kind}.json#/$defs/document`, vector.document), ajv.errorsText()).toBe(true);
  },
);

test.each([
  ['a field that is not known', (about: object) => ({ ...about, later: 1 })],
  [
    'an option that is not known',
    (about: { options: object }) => ({ ...about, options: { ...about.options, later: 1 } }),
  ],
  ['a tolerance in words', (about: object) => ({ ...about, tolerances: { default: 'exact, mostly' } })],
  [
    'a tolerance of another form',
    (about: object) => ({ ...about, tolerances: { default: { form: 'loose', atol: 1 } } }),
  ],
  ['another format', (about: object) => ({ ...about, format: 2 })],
])('%s is not allowed', (_, change) => {
  const { about } = vectors.find(({ name }) => name === 'gen_filter')!;
  expect(ajv.validate('gen.filter.json', change(about as never))).toBe(false);
});
