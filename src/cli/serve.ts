import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { explainMissingPackage } from '../node/optional-package.ts';
import { packageVersion } from '../node/package-version.ts';
import { COLLECTION_HELP, DATABASE_HELP } from './index-texts.ts';
import { withNeeds } from './option-needs.ts';
import { note, toByteLength, toCount, toSeconds } from './output.ts';

interface Options {
  db?: string;
  collection?: string;
  host: string;
  port: number;
  apiKeyFile?: string;
  insecure?: boolean;
  threads?: number;
  cors?: string[];
  allowHost?: string[];
  timeout: number;
  maxBody: number;
  watch?: boolean;
  quiet?: boolean;
}

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description(
      'models over HTTP, for clients of OpenAI and others (needs the packages hono and zod); /docs tells what there is',
    )
    .argument('<model...>', 'files or folders; asked for by the name of the file without its ending, or NAME=FILE')
    .option('--db <database>', `texts that are searched and added: ${DATABASE_HELP}`)
    .option('--collection <name>', COLLECTION_HELP)
    .option('--host <address>', 'where it listens; other machines reach it by 0.0.0.0', '127.0.0.1')
    .option('--port <n>', '0 takes one that is free', toPort, 8080)
    .option('--api-key-file <file>', 'requests must bear one of its keys, one a line')
    .option('--insecure', 'serve other machines also without a key')
    .option('--threads <n>', 'worker threads (one a processor)', toCount)
    .option('--cors <origin...>', 'pages of these origins may call it, such as https://example.org')
    .option('--allow-host <name...>', 'names that it is called by, such as behind a proxy')
    .addOption(new Option('--timeout <time>', 'how long a request may take').argParser(toSeconds).default(30, '30s'))
    .addOption(
      new Option('--max-body <size>', 'longest body of a request').argParser(toByteLength).default(4 * 2 ** 20, '4MiB'),
    )
    .option('--watch', 'take over models and keys when their files are replaced; SIGHUP does it once')
    .option('--quiet', 'a line of JSON for requests only that the server failed at, none for the others')
    .action(run);
  withNeeds(command, [{ option: '--collection', oneOf: ['--db'], reason: 'that is where the texts are kept' }]);
}

async function run(paths: string[], options: Options): Promise<void> {
  const models = modelNames(paths);
  const { cors, allowHost, timeout, maxBody, quiet, ...rest } = options;
  const { serve, LogLines } = await loadServer();
  const lines = new LogLines(process.stdout, note);
  let reload: (() => void) | undefined;
  process.on('SIGHUP', () => reload?.());
  const serving = await serve({
    ...rest,
    models,
    corsOrigins: cors,
    allowedHosts: allowHost,
    limits: { timeoutMs: Math.ceil(1000 * timeout), maximumBodyBytes: maxBody },
    version: packageVersion(),
    log: (entry) => {
      if (!quiet || entry.fault !== undefined) lines.write(entry);
    },
    tell: note,
  });
  note(`wordkin serves ${[...models.keys()].join(', ')} at ${serving.url}; ${serving.url}/docs tells how to ask`);
  reload = () => void serving.reload();
  await new Promise<void>((resolve) => {
    let isStopping = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        if (isStopping && signal === 'SIGINT') process.exit(130);
        isStopping = true;
        resolve();
      });
  });
  await serving.close();
  lines.flush();
  process.exitCode = 0;
}

async function loadServer() {
  try {
    const [{ serve }, { LogLines }] = await Promise.all([
      import('../node/serve/serve.ts'),
      import('../node/serve/log-lines.ts'),
    ]);
    return { serve, LogLines };
  } catch (cause) {
    throw explainMissingPackage(cause, 'serve', 'hono', 'zod');
  }
}

/** @throws Error for two models of one name */
function modelNames(paths: readonly string[]): Map<string, string> {
  const models = new Map<string, string>();
  for (const given of paths) {
    const [, named, file] = /^([^=]+)=(.+)$/.exec(given) ?? [];
    // A name may have a slash, such as ours/news=news.bin; so may a path that has an equals sign.
    const isNamed = named !== undefined && !existsSync(given) && (!/[/\\]/.test(named) || existsSync(file));
    const path = isNamed ? file : given;
    const name = isNamed ? named : basename(path.replace(/[/\\]+$/, '')).replace(/(?<=.)\.[^.]*(\.(gz|zst))?$/, '');
    const other = models.get(name);
    if (other !== undefined)
      throw new Error(
        `Cannot serve "${other}" and "${path}" under one name, ${name}: give one of them another, such as ${name}-2=${path}`,
      );
    models.set(name, path);
  }
  return models;
}

function toPort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError(`"${text}" is not a port from 0 to 65535.`);
  return value;
}
