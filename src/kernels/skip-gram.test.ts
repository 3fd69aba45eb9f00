import { testSkipGramKernel } from './skip-gram.contract.ts';
import { createSkipGramKernel } from './skip-gram-kernel.ts';
import { createSkipGramReference } from './skip-gram-reference.ts';

testSkipGramKernel('skip-gram reference', createSkipGramReference);
testSkipGramKernel('skip-gram kernel', createSkipGramKernel);
