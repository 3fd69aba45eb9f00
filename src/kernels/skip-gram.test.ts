import { setFlagsFromString } from 'node:v8';
import { testSkipGramKernel } from './skip-gram.contract.ts';
import { createSkipGramKernel } from './skip-gram-kernel.ts';
import { createSkipGramReference } from './skip-gram-reference.ts';
import { hasRelaxedSimd } from './wasm-module.ts';

testSkipGramKernel('skip-gram reference', createSkipGramReference);
testSkipGramKernel('skip-gram kernel, plain SIMD', (...given) => createSkipGramKernel(...given, false));
// As the worker threads do on Node 20.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
testSkipGramKernel('skip-gram kernel, relaxed SIMD', (...given) => createSkipGramKernel(...given, true));
