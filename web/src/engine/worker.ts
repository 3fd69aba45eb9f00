import { startTraining } from '../../../src/browser/index.ts';
console.log(startTraining);
