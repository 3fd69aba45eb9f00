// Cloudflare's workerd: no files, no threads, no WebAssembly but what is built in. A model is loaded and asked, texts are
// searched in memory, and training is refused with a sentence.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WORKER = `import { loadModel } from 'wordkin/model';
import { createSentenceEncoder } from 'wordkin/sentences';
import { MemoryTextStore, TextIndex } from 'wordkin/store';
import { train } from 'wordkin';
const rows = ['king 1 0 0', 'queen 0.9 0.1 0', 'man 0.7 0 0.7', 'apple 0 1 0', 'pear 0.1 0.9 0'];
async function work() {
  const model = await loadModel(new Blob([\`\${rows.length} 3\\n\${rows.join('\\n')}\\n\`]));
  const index = await TextIndex.open(await createSentenceEncoder(model), new MemoryTextStore());
  await index.add([{ id: 'a', text: 'king man' }, { id: 'b', text: 'apple pear' }]);
  const [hit] = await index.search('queen', { count: 1 });
  const refused = await train({ texts: Array(50).fill('a b c d') }, { minCount: 1, dimensions: 4 }).then(
    () => undefined,
    (error) => error.message,
  );
  return { words: model.size, nearest: model.neighbors('king', { count: 1 })[0].word, hit: hit.id, refused };
}
export default {
  fetch: async () => Response.json(await work().catch((error) => ({ error: error.stack }))),
};
`;
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker-built.js")],
  compatibilityDate = "2026-01-01",
);
`;

/** Runs the worker; what it found, in words. @throws Error for what is wrong */
export async function workerdAnswer(project) {
  writeFileSync(join(project, 'worker.js'), WORKER);
  writeFileSync(join(project, 'worker.capnp'), CONFIG);
  const { build } = await import(pathToFileURL(join(project, 'node_modules/esbuild/lib/main.js')));
  await build({
    absWorkingDir: project,
    ...{ entryPoints: ['worker.js'], outfile: 'worker-built.js', bundle: true, format: 'esm', target: 'esnext' },
    ...{ conditions: ['workerd', 'browser'], external: ['node:*', 'fs', 'path'], logLevel: 'silent' },
  });
  const { default: command } = createRequire(join(project, 'package.json'))('workerd');
  const child = spawn(command, ['serve', 'worker.capnp', '--control-fd=3'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  try {
    const port = await new Promise((resolve, reject) => {
      child.stdio[3].on('data', (data) => {
        const event = JSON.parse(String(data).split('\n')[0]);
        if (event.event === 'listen') resolve(event.port);
      });
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`workerd ends: ${said}`)));
    });
    const answer = await (await fetch(`http://127.0.0.1:${port}/`)).json();
    const { words, nearest, hit, refused } = answer;
    const good = words === 5 && nearest === 'queen' && hit === 'a' && /^Cannot .*WebAssembly/.test(refused ?? '');
    if (!good) throw new Error(JSON.stringify(answer));
    return `asks and searches; training: ${refused.slice(0, 80)}…`;
  } finally {
    child.kill();
  }
}
