// Builds dist/: compiles the AssemblyScript kernels, embeds them as hexadecimal text, then emits JavaScript and types.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src/kernels');
const target = join(root, 'src/kernels/generated');
const node = (script, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' });

mkdirSync(target, { recursive: true });
// Each kernel is built twice: with plain 128-bit SIMD, and with relaxed SIMD (fused multiply-add) for
// machines that have it. Training kernels work on shared memory, which the module itself must declare.
const common = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '1'];
const training = new Set(['word2vec']);
const shared = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads'];
for (const name of readdirSync(source).filter((name) => existsSync(join(source, name, `assembly/${name}.ts`)))) {
  const memory = training.has(name) ? shared : [];
  const variable = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  let text = `// Built by scripts/build.mjs from ../${name}/assembly/${name}.ts.\n`;
  for (const [suffix, features] of Object.entries({ Simd: ['simd'], RelaxedSimd: ['simd', 'relaxed-simd'] })) {
    const wasm = join(target, `${name}.wasm`);
    const enabled = features.flatMap((feature) => ['--enable', feature]);
    node(
      'assemblyscript/bin/asc.js',
      join(source, name, `assembly/${name}.ts`),
      '-o',
      wasm,
      ...common,
      ...memory,
      ...enabled,
    );
    const code = `'${readFileSync(wasm).toString('hex')}'`;
    // Kernels without floating point come out the same: written once. The type keeps the text out of the declarations.
    text += `export const ${variable}${suffix}: string =\n  ${text.includes(code) ? `${variable}Simd` : code};\n`;
    rmSync(wasm);
  }
  writeFileSync(join(target, `${name}.ts`), text);
}
if (!process.argv.includes('--kernels')) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  node('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  chmodSync(join(root, 'dist/cli/main.js'), 0o755);
  node('vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn');
}
