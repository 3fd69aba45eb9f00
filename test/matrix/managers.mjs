// Package managers: each installs the archive into an empty project, and the program runs there by Node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../bundlers/projects.mjs';
import { verdict } from './pages.mjs';
import { runtimeProgram } from './programs.mjs';

const npx = (name, ...args) => ['npx', ['--yes', '--package', name, '--', ...args]];

/** How each installs a package of a file, and how it runs a program. */
const MANAGERS = {
  npm: { install: ['npm', ['install', '--no-audit', '--no-fund']], start: ['node', ['main.mjs']] },
  pnpm: { install: npx('pnpm', 'pnpm', 'install', '--ignore-scripts'), start: ['node', ['main.mjs']] },
  'Yarn 1': { install: npx('yarn@1', 'yarn', 'install', '--ignore-scripts'), start: ['node', ['main.mjs']] },
  'Yarn PnP': {
    files: { '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\nenableScripts: false\n', 'yarn.lock': '' },
    install: npx('@yarnpkg/cli-dist', 'yarn', 'install', '--no-immutable'),
    start: npx('@yarnpkg/cli-dist', 'yarn', 'node', 'main.mjs'),
  },
};

async function must(command, args, cwd) {
  const result = await run(command, args, cwd);
  if (result.code !== 0) throw new Error(`${command} ${args.join(' ')} fails: ${result.said.slice(-3000)}`);
  return result;
}

export function managerCells({ archive, place }) {
  const cells = Object.entries(MANAGERS).map(([name, { files = {}, install, start }]) => ({
    name: `manager: ${name}`,
    async work() {
      const project = place(`manager-${name}`);
      mkdirSync(project, { recursive: true });
      const manifest = { name: 'user', version: '1.0.0', private: true, dependencies: { wordkin: `file:${archive}` } };
      const all = { ...files, 'package.json': JSON.stringify(manifest), 'main.mjs': runtimeProgram() };
      for (const [file, text] of Object.entries(all)) writeFileSync(join(project, file), text);
      await must(...install, project);
      const { answer } = await must(...start, project);
      return verdict(answer());
    },
  }));
  return [{ cells }];
}
