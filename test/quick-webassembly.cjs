// Loaded before each test of dist/ and each program and thread that it starts: an embedded database is compiled fast instead of well, as
// is JavaScript beside it, and so takes half the processor time to start. It is what has a megabyte of WebAssembly; kernels, which are
// small, are compiled as for users.
const { setFlagsFromString } = require('node:v8');
const { getEnvironmentData } = require('node:worker_threads');

/** What `compileDatabase` of command.ts has compiled: its length in bytes, and the module. */
const compiled = getEnvironmentData('wordkin-test-database');

const { compile, instantiate } = WebAssembly;
WebAssembly.compile = (code) => {
  compileFast(code);
  return compile(code);
};
WebAssembly.instantiate = async (code, imports) => {
  compileFast(code);
  if (!compiled || code.byteLength !== compiled.byteLength) return instantiate(code, imports);
  return { module: compiled.module, instance: await instantiate(compiled.module, imports) };
};

function compileFast(code) {
  if (!(code.byteLength > 1e6)) return;
  setFlagsFromString('--liftoff-only');
  setFlagsFromString('--interrupt-budget=1000000'); // of JavaScript, too, less is optimised, which each thread does anew
}
