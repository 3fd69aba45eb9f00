// Style and types of everything, all checks at once: biome, then each tsconfig that checks without building.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compilerEnvironment, compilerPath } from './compiler.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { resolve } = createRequire(import.meta.url);
const biome = join(dirname(resolve('@biomejs/biome/package.json')), 'bin/biome');
const configurations = readdirSync(root).filter((name) => /^tsconfig(?!\.build)(\.\w+)?\.json$/.test(name));
configurations.push('web/tsconfig.json');

/**
 * One checker a configuration: each of several works out the shared types anew, which takes twice the processor time. What a check has found
 * of files that are as they were is kept: a second one takes a third of the time.
 */
const checking = (name) => [
  ...['--checkers', '1', '--incremental', '--tsBuildInfoFile'],
  join(root, 'node_modules/.cache', `check-${name.replace(/\W+/g, '-')}.tsbuildinfo`),
];

/** What one check prints, and whether it found nothing. */
function run(command, ...args) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...compilerEnvironment },
    });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.stderr.on('data', (part) => (text += part));
    child.on('close', (code) => done({ text, passed: code === 0 }));
  });
}

const coloured = process.stdout.isTTY === true;
const results = await Promise.all([
  run(process.execPath, biome, 'check', `--colors=${coloured ? 'force' : 'off'}`),
  ...configurations.map((name) => run(compilerPath, '-p', name, '--pretty', String(coloured), ...checking(name))),
]);
for (const { text } of results) process.stdout.write(text);
if (!results.every(({ passed }) => passed)) process.exit(1);
