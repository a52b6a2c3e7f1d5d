import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactedAddress, redactedText } from '../../src/hub/redact.js';

test.each([
  ['https://h/a/b.json', 'https://h/a/b.json'],
  ['HTTPS://h/pub/?sig=abc&x=1#part', 'HTTPS://h/pub/?…'],
  ['https://me:secret@h:8/x', 'https://…@h:8/x'],
  ['https://token@h/x?sig=secret', 'https://…@h/x?…'],
  ['https://a:b@c@h/x', 'https://…@h/x'],
  ['data:application/json;base64,c2VjcmV0', 'data:application/json;base64,…'],
  ['./folder/x.json', './folder/x.json'],
  ['owner/name@main', 'owner/name@main'],
])('%s is shown as %s', (address, shown) => {
  expect(redactedAddress(address)).toBe(shown);
});

test('passwords and values of queries are never shown', () => {
  const secret = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~%:'), minLength: 12, maxLength: 20 });
  fc.assert(
    fc.property(secret, secret, secret, (user, password, signature) => {
      const address = `https://${user}:${password}@h.example/model?X-Amz-Signature=${signature}#${signature}`;
      const text = redactedText(`cannot fetch ${address}: failed (${address} again)`);
      for (const part of [user, password, signature]) expect(text).not.toContain(part);
      expect(text).toContain('h.example/model');
    }),
  );
});

test('given secrets are removed anywhere in a text', () => {
  expect(redactedText('Headers.append: "Bearer hf_abc" is invalid', ['hf_abc', undefined])).toBe(
    'Headers.append: "Bearer …" is invalid',
  );
});
