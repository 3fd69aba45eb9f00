import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from '../wasm-module.ts';
import { testWord2VecKernel } from './word2vec.contract.ts';
import type { CreateWord2VecKernel } from './word2vec.ts';
import { createWord2VecKernel } from './word2vec-kernel.ts';
import { createWord2VecReference } from './word2vec-reference.ts';

testWord2VecKernel('reference', createWord2VecReference);
const createWith =
  (relaxedSimd: boolean): CreateWord2VecKernel =>
  (memory, layout, worker, outside) =>
    createWord2VecKernel(memory, layout, worker, outside, relaxedSimd);
testWord2VecKernel('kernel, plain SIMD', createWith(false));
// As the worker threads do on Node 20.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
testWord2VecKernel('kernel, relaxed SIMD', createWith(true));
