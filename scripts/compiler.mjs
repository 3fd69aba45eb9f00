// TypeScript's compiler as the program that it is: the script that its package has for it starts Node first.
import getExePath from '../node_modules/typescript-native/lib/getExePath.js';

export const compilerPath = getExePath();

/** What it reads of its surroundings: it is a program of Go, and ends before it has to take back memory. */
export const compilerEnvironment = { GOGC: 'off', GOMEMLIMIT: '1GiB' };
