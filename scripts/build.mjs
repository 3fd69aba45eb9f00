// Builds dist/: compiles the AssemblyScript kernels, embeds them as hexadecimal text, then emits JavaScript and types.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as asc } from 'assemblyscript/asc';
import { build, transformSync } from 'esbuild';
import { compilerEnvironment, compilerPath } from './compiler.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src/kernels');
const target = join(root, 'src/kernels/generated');

/** @returns {Promise<void>} */
const run = (command, ...args) =>
  new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...compilerEnvironment },
    });
    child.on('close', (code) =>
      code === 0 ? done() : fail(new Error(`${[command, ...args].join(' ')} ended with ${code}`)),
    );
  });

/** A kernel as WebAssembly, in hexadecimal. The compiler is called, not started: it costs more to start than to compile. */
async function compile(name, flags) {
  let wasm;
  const args = [`src/kernels/${name}/assembly/${name}.ts`, '--baseDir', root, '--outFile', `${name}.wasm`, ...flags];
  const { error, stderr } = await asc(args, {
    writeFile(_, contents) {
      wasm = Buffer.from(contents);
    },
  });
  if (error) throw new Error(`Cannot compile ${args[0]}:\n${stderr}`, { cause: error });
  return wasm.toString('hex');
}

/** Comments stay in the declarations. Without them, and in ASCII, a program holds less than half as much text of the library. */
function leaveOutComments(folder) {
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    if (!name.endsWith('.js') || name.startsWith('page')) continue;
    const path = join(folder, name);
    writeFileSync(path, transformSync(readFileSync(path, 'utf8'), { target: 'es2022' }).code);
  }
}

/** One file has half the time to load of 55: each thread that trains loads them. Kernels, which others load, too, stay as they are. */
async function joinTrainingThread(folder) {
  const path = join(folder, 'node/training-thread.js');
  await build({
    entryPoints: [path],
    outfile: path,
    ...{ allowOverwrite: true, bundle: true, platform: 'node', format: 'esm', target: 'es2022', packages: 'external' },
    external: [join(folder, 'kernels/generated/*'), join(folder, 'sentences/*')],
  });
}

mkdirSync(target, { recursive: true });
// Each kernel is built twice: with plain 128-bit SIMD, and with relaxed SIMD (fused multiply-add) for
// machines that have it. Training kernels work on shared memory, which the module itself must declare. That of
// staged-scan declares a maximum, so that one bit makes it a module for shared memory (its kernel.ts).
const common = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '1'];
const training = new Set(['word2vec']);
const shared = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads'];
for (const name of readdirSync(source).filter((name) => existsSync(join(source, name, `assembly/${name}.ts`)))) {
  const memory = training.has(name) ? shared : name === 'staged-scan' ? ['--maximumMemory', '65536'] : [];
  const variable = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  let text = `// Built by scripts/build.mjs from ../${name}/assembly/${name}.ts.\n`;
  for (const [suffix, features] of Object.entries({ Simd: ['simd'], RelaxedSimd: ['simd', 'relaxed-simd'] })) {
    const hexadecimal = await compile(name, [
      ...common,
      ...memory,
      ...features.flatMap((feature) => ['--enable', feature]),
    ]);
    const code = `'${hexadecimal}'`;
    // Kernels without floating point come out the same: written once. The type keeps the text out of the declarations.
    text += `export const ${variable}${suffix}: string =\n  ${text.includes(code) ? `${variable}Simd` : code};\n`;
  }
  writeFileSync(join(target, `${name}.ts`), text);
}
if (!process.argv.includes('--kernels')) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await Promise.all([
    // Each of several checkers works out the shared types anew.
    run(compilerPath, '-p', 'tsconfig.build.json', '--checkers', '1').then(() => {
      leaveOutComments(join(root, 'dist'));
      return joinTrainingThread(join(root, 'dist'));
    }),
    run(process.execPath, 'node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn'),
  ]);
  chmodSync(join(root, 'dist/cli/main.js'), 0o755);
}
