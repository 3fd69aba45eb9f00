// Compilers: TypeScript 5.7, 6 and 7 on README's programs and on every import, wherever TypeScript looks for packages, without
// `skipLibCheck`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installedProject, run } from '../bundlers/projects.mjs';

const root = resolve(import.meta.dirname, '../..');
const VERSIONS = {
  'TypeScript 5.7': 'typescript@5.7',
  'TypeScript 6': 'typescript@6.0.3',
  'TypeScript 7': 'typescript@7.0.2',
};
// LangChain's declarations need the last one of `lib`.
const PAGES = { lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], types: [] };
const MODES = {
  node16: { module: 'node16', moduleResolution: 'node16', lib: ['es2023'], types: ['node'] },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2023'], types: ['node'] },
  'bundler, for pages': { module: 'esnext', moduleResolution: 'bundler', ...PAGES },
  'bundler, with Node': { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023'], types: ['node'] },
};

/** README's programs, and a program for each import that takes all of it. A mistake must be found, too. */
function sources(version) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // LangChain's declarations need 5.8.
  const isRead = (path) => version !== 'TypeScript 5.7' || path !== './langchain';
  const typed = Object.entries(exports).filter(([path, { types }]) => types && isRead(path));
  const programs = Array.from(
    readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm),
    ([, code], i) => [`readme-${i}.mts`, code],
  );
  const imports = typed.map(([path], i) => [
    `import-${i}.mts`,
    `import * as all from 'wordkin${path.slice(1)}';\nexport const names: string[] = Object.keys(all);\n`,
  ]);
  const mistake = `import { train } from 'wordkin';\n// @ts-expect-error: no such option\nawait train({ texts: [] }, { dimension: 1 });\n`;
  return [...programs, ...imports, ['mistake.mts', mistake]];
}

export function compilerCells({ folder, archive }) {
  const projects = {};
  const open = (version, install) => {
    projects[version] ??= (() => {
      // Optional packages whose types an import names are there, as they are where it is used.
      const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      const peers = Object.entries(peerDependencies).map(([name, wanted]) => `${name}@${wanted}`);
      const project = installedProject(join(folder, version), archive, [install, '@types/node@20', ...peers]);
      for (const [file, code] of sources(version)) writeFileSync(join(project, file), code);
      return project;
    })();
    return projects[version];
  };
  const cells = Object.entries(VERSIONS).flatMap(([version, install]) =>
    Object.entries(MODES).map(([mode, options]) => ({
      name: `types: ${version}, ${mode}`,
      async work() {
        const project = open(version, install);
        const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', ...options };
        const files = sources(version).map(([file]) => file);
        writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
        const { code, said } = await run(
          process.execPath,
          [join(project, 'node_modules/typescript/bin/tsc'), '-p', '.'],
          project,
        );
        if (code !== 0) throw new Error(said.slice(0, 3000));
        return `${files.length} programs`;
      },
    })),
  );
  return [{ cells }];
}
