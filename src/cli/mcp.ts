import type { Command } from 'commander';
import { explainMissingPackage } from '../node/optional-package.ts';
import { packageVersion } from '../node/package-version.ts';
import { openTextStore, TextIndex } from '../node/store.ts';
import { COLLECTION_HELP, DATABASE_HELP } from './index-texts.ts';
import { openEncoder } from './open-model.ts';
import { withNeeds } from './option-needs.ts';

interface Options {
  model: string;
  db?: string;
  collection?: string;
  allowWrite?: boolean;
}

export function addMcpCommand(program: Command): void {
  const command = program
    .command('mcp')
    .description(
      'a model and its texts as tools for agents, by the Model Context Protocol over stdio (needs the packages @modelcontextprotocol/sdk and zod)',
    )
    .requiredOption('--model <model>', 'compares words and texts')
    .option('--db <database>', `texts that are searched: ${DATABASE_HELP}`)
    .option('--collection <name>', COLLECTION_HELP)
    .option('--allow-write', 'agents may add texts')
    .action(run);
  withNeeds(command, [
    { option: '--collection', oneOf: ['--db'], reason: 'that is where the texts are kept' },
    { option: '--allow-write', oneOf: ['--db'], reason: 'that is where texts would be kept' },
  ]);
}

async function run({ model, db, collection, allowWrite }: Options): Promise<void> {
  const { createMcpServer, StdioServerTransport } = await loadProtocol();
  const encoder = await openEncoder(model);
  const store = db === undefined ? undefined : await openTextStore(db, { collection, mustExist: !allowWrite });
  try {
    const index = store && (await TextIndex.open(encoder, store));
    const server = createMcpServer({ encoder, index, allowWrite, version: packageVersion() });
    const ended = new Promise<void>((resolve) => {
      server.server.onclose = resolve;
      process.stdin.once('end', resolve); // the client has gone
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    });
    await server.connect(new StdioServerTransport());
    await ended;
    await server.close();
  } finally {
    await store?.close();
  }
  process.stdin.destroy();
}

async function loadProtocol() {
  try {
    const [{ createMcpServer }, { StdioServerTransport }] = await Promise.all([
      import('../adapters/mcp.ts'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
    ]);
    return { createMcpServer, StdioServerTransport };
  } catch (cause) {
    throw explainMissingPackage(cause, 'serve agents', '@modelcontextprotocol/sdk', 'zod');
  }
}
