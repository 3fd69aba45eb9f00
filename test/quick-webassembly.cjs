// Loaded before each test of dist/ and each program and thread that it starts. An embedded database is compiled fast instead of well, each
// function when it is first called, as is JavaScript beside it, and so takes half the processor time to start. It is what has a megabyte of
// WebAssembly; kernels, which are small, are compiled as for users.
const { setFlagsFromString } = require('node:v8');

setFlagsFromString('--interrupt-budget=400000'); // few programs of tests run for so long that code made fast would save what it costs

for (const name of ['compile', 'instantiate']) {
  const original = WebAssembly[name];
  WebAssembly[name] = (code, ...more) => {
    if (code.byteLength > 1e6) {
      for (const flag of ['--liftoff-only', '--wasm-lazy-validation']) setFlagsFromString(flag);
      setFlagsFromString('--interrupt-budget=1000000'); // of JavaScript, too, less is optimised, which each thread does anew
    }
    return original(code, ...more);
  };
}
