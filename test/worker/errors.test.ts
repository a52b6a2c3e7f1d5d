import { describe, expect, test } from 'vitest';
import * as errors from '../../src/errors.js';
import { receivedError, sentError } from '../../src/worker/errors.js';

type AnyError = new (...args: unknown[]) => Error;
const TYPES = Object.entries(errors).filter(([name]) => name.endsWith('Error')) as unknown as [string, AnyError][];

describe('an error that is sent to another thread', () => {
  test.each(TYPES)('%s is the same there', (name, type) => {
    const error = new type('the file "a.png" is empty');
    const received = receivedError(structuredClone(sentError(error)));
    expect(received).toBeInstanceOf(type);
    expect(Object.prototype.toString.call(received)).toBe('[object Error]');
    expect(received).toMatchObject({ name, message: error.message, stack: error.stack });
  });

  test('keeps the HTTP status', () => {
    const received = receivedError(structuredClone(sentError(new errors.DownloadError('cannot fetch a', 403))));
    expect(received).toMatchObject({ status: 403 });
  });

  test('has our class only if it is ours; others keep their name', () => {
    const received = receivedError(structuredClone(sentError(new TypeError('x is not a function'))));
    expect(received).not.toBeInstanceOf(errors.FourMError);
    expect(received).toMatchObject({ name: 'TypeError', message: 'x is not a function' });
    expect(receivedError(sentError('thrown as text'))).toMatchObject({ message: 'thrown as text' });
  });
});
