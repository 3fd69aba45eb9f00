// Runtimes: versions of Node, Bun, Deno, Cloudflare's workerd; programs as they are and as they are bundled for Node.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as projects from '../bundlers/projects.mjs';
import { verdict } from './pages.mjs';
import { runtimeProgram } from './programs.mjs';
import { workerdAnswer } from './workerd.mjs';

/** Versions of Node; the least that the package wants, and what is kept up. */
const NODES = ['20.19', '22', '24', '26'];

export function runtimeCells({ folder, archive }) {
  let project;
  const open = () => {
    const packages = ['bun', 'deno', 'workerd', 'esbuild', 'webpack', 'webpack-cli'];
    if (!project) {
      project = projects.installedProject(join(folder, 'runtimes'), archive, packages);
      // Its command is put into place by a script of its own, which an installation without scripts leaves out.
      execFileSync(process.execPath, ['install.js'], { cwd: join(project, 'node_modules/bun'), stdio: 'ignore' });
    }
    return project;
  };
  const write = (name, text) => {
    writeFileSync(join(open(), name), text);
    return join(open(), name);
  };
  const bin = (name) => join(open(), 'node_modules/.bin', name);
  const answerOf = async (command, args) => (await projects.run(command, args, open())).answer();

  const nodes = NODES.flatMap((version) => [
    {
      name: `runtime: Node ${version}`,
      async work() {
        const node = ['--yes', '--package', `node@${version}`, '--', 'node'];
        const { said } = await projects.run('npx', [...node, '--version'], open());
        const result = await answerOf('npx', [...node, write('main.mjs', runtimeProgram())]);
        return `${said.trim()}, ${verdict(result)}`;
      },
    },
  ]);
  const others = [
    {
      name: 'runtime: Node, CommonJS',
      work: async () =>
        verdict(await answerOf(process.execPath, [write('main.cjs', runtimeProgram({ commonJs: true }))])),
    },
    {
      name: 'runtime: Bun',
      work: async () => verdict(await answerOf(bin('bun'), [write('main.mjs', runtimeProgram())])),
    },
    {
      name: 'runtime: Deno',
      work: async () => verdict(await answerOf(bin('deno'), ['run', '-A', write('main.mjs', runtimeProgram())])),
    },
    {
      name: 'runtime: workerd',
      work: () => workerdAnswer(open()),
    },
  ];
  return [{ cells: [...nodes, ...others, ...bundleCells({ open, write, bin, answerOf })] }];
}

/** Programs that are one file. */
function bundleCells({ open, write, bin, answerOf }) {
  const compiled = [
    {
      name: 'bundle: bun build --compile',
      async work() {
        const program = write('main.mjs', runtimeProgram({ store: false }));
        const built = await projects.run(bin('bun'), ['build', '--compile', program, '--outfile', 'compiled'], open());
        if (built.code !== 0) throw new Error(built.said.slice(-3000));
        return verdict(await answerOf(join(open(), 'compiled'), []), { threads: false, store: false });
      },
    },
    {
      name: 'bundle: bun build --compile with the thread',
      async work() {
        const program = write('main.mjs', runtimeProgram({ store: false }));
        const thread = write('training-thread.js', `import 'wordkin/training-thread';\n`);
        const command = ['build', '--compile', program, thread, '--outfile', 'compiled-threads'];
        const built = await projects.run(bin('bun'), command, open());
        if (built.code !== 0) throw new Error(built.said.slice(-3000));
        return verdict(await answerOf(join(open(), 'compiled-threads'), []), { store: false });
      },
    },
  ];
  const bundles = Object.entries(projects.NODE_BUNDLERS).map(([name, { build }]) => ({
    name: `bundle: ${name}`,
    async work() {
      write('main.js', runtimeProgram({ store: false }));
      const program = await build(open());
      return verdict(await answerOf(process.execPath, [program]), {
        store: false,
        threads: name.startsWith('webpack'),
      });
    },
  }));
  return [...compiled, ...bundles];
}
