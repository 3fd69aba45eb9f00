import { describeWordCounter } from './word-counter.contract.ts';
import { createWordCounter } from './word-counter-kernel.ts';
import { createWordCounterReference } from './word-counter-reference.ts';

describeWordCounter('plain word counter', createWordCounterReference, createWordCounterReference);
describeWordCounter('WebAssembly word counter', createWordCounter, createWordCounterReference);
