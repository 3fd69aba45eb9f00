import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { explainError } from './read-error.ts';
import { systemCode } from './system-code.ts';

it('knows a quota that is used up, which Node has no name for', () => {
  const error = Object.assign(new Error('UNKNOWN: unknown error, write'), {
    code: 'UNKNOWN',
    errno: -constants.errno.EDQUOT,
  });
  expect(systemCode(error)).toBe('EDQUOT');
  expect(explainError(error, 'Cannot write "x"').message).toBe('Cannot write "x": the disk quota is used up');
  expect(systemCode(Object.assign(new Error(), { code: 'ENOSPC', errno: -28 }))).toBe('ENOSPC');
  expect(systemCode(new Error())).toBeUndefined();
});
