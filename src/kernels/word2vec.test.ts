import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from './wasm-module.ts';
import { testWord2VecKernel } from './word2vec.contract.ts';
import { createWord2VecKernel } from './word2vec-kernel.ts';
import { createWord2VecReference } from './word2vec-reference.ts';

testWord2VecKernel('reference', createWord2VecReference);
testWord2VecKernel('kernel, plain SIMD', (...given) => createWord2VecKernel(...given, false));
// As the worker threads do on Node 20.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
testWord2VecKernel('kernel, relaxed SIMD', (...given) => createWord2VecKernel(...given, true));
