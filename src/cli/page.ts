import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { copyPage, createPageServer } from '../node/page-server.ts';
import { withNeeds } from './option-needs.ts';
import { createOutput, note, toNumber } from './output.ts';
import { onStopSignal } from './stop-signals.ts';

interface Options {
  port: number;
  open: boolean;
  connect?: string[];
  output?: string;
  json?: boolean;
}

export function addPageCommand(program: Command): void {
  const command = program
    .command('page')
    .description('open the page in the browser: watch a text become vectors, search a model, look at its map')
    .option('--port <n>', 'port on this machine (0: any free one)', toPort, 0)
    .option('--no-open', 'do not open the browser')
    .option('--connect <origin...>', 'hosts that the page may load models from, such as https://example.org', toOrigins)
    .option('--output <folder>', 'write the page into a folder for a static host, and serve nothing')
    .action(run);
  withNeeds(
    command,
    ['--port', '--no-open', '--connect'].map((option) => ({
      option,
      without: ['--output'],
      reason: 'nothing is served',
    })),
  );
}

async function run({ port, open, connect, output, json }: Options): Promise<void> {
  if (output !== undefined) {
    for (const line of await copyPage(output)) note(`wordkin: ${line}`);
    createOutput(json).print({ output }, `${output}: the page, for any static host; index.html is its beginning`);
    return;
  }
  const server = createPageServer({ connect });
  const url = await new Promise<string>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Cannot serve the page: port ${port} is taken; give another --port, or none for a free one`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
  createOutput(json).print({ url }, url);
  note('wordkin: the page is served until Ctrl-C; nothing leaves this machine');
  if (open) openBrowser(url);
  await new Promise<void>((resolve) => {
    const listenNoLonger = onStopSignal(() => {
      listenNoLonger();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
}

/** Opens an address in the browser that the system names. Where there is none, the address that was printed is enough. */
function openBrowser(url: string): void {
  const [command, ...first] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['explorer.exe'] : ['xdg-open'];
  const child = spawn(command, [...first, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => note(`wordkin: no browser was found; open ${url} in one`));
  child.unref();
}

function toPort(text: string): number {
  const port = toNumber(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new InvalidArgumentError(`"${text}" is not a port from 0 to 65535.`);
}

/** An option's parser: origins, each of them checked, for they become part of a header. */
function toOrigins(text: string, before: string[] = []): string[] {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  if (!/^https?:\/\//.test(origin))
    throw new InvalidArgumentError(`"${text}" is not an address such as https://example.org.`);
  return [...before, origin];
}
