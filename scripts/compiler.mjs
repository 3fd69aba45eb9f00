// TypeScript's compiler as the program that it is: the script that its package has for it starts Node first.
import getExePath from '../node_modules/typescript-native/lib/getExePath.js';

export const compilerPath = getExePath();
