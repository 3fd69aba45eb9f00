import { expect, it } from 'vitest';
import { Admission, resolveLimits } from './limits.ts';

it('refuses a body before it is read, where it is too much with those that wait', () => {
  const admission = new Admission(resolveLimits({ maximumWaitingBytes: 100, maximumBodyBytes: 1000 }));
  admission.hold(500); // longer than all that may wait: taken when nothing else does
  admission.wait(60);
  admission.hold(40);
  expect(() => admission.hold(41)).toThrow('Too many requests wait to be answered');
  expect(() => admission.hold(1, 40)).toThrow('Too many requests wait to be answered'); // a piece of a body of which 40 bytes are there
  expect(admission.heldBytes).toBe(540);
  admission.waitingBytes -= 60;
  admission.hold(500);
});

it('refuses limits that are none, and a time that a timer would take for none', () => {
  for (const timeoutMs of [0, 1.5, -1, Number.NaN, Infinity, 1e9 + 1])
    expect(() => resolveLimits({ timeoutMs })).toThrow('"timeoutMs" must be');
  expect(resolveLimits({ timeoutMs: 1e9 }).timeoutMs).toBe(1e9);
  expect(() => resolveLimits({ timeout: 3 } as object)).toThrow('There is no limit "timeout"');
});
