// Loaded before each test of dist/ and each program that it starts: WebAssembly is compiled fast instead of well. An embedded
// database, which is most of such a program's work, then takes half the processor time to start.
require('node:v8').setFlagsFromString('--liftoff-only');
