import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openSharedModel } from '../../model/share-model.ts';
import type { SentenceEncoder } from '../../sentences/sentence-encoder.ts';
import { DEFAULT_LIMITS, type ServerLimits } from '../../server/limits.ts';
import type { Gauge } from '../../server/metrics.ts';
import type { LogEntry } from '../../server/route.ts';
import { isOrigin } from '../../server/security.ts';
import { createServer, type Server } from '../../server/server.ts';
import { TextIndex } from '../../store/text-index.ts';
import type { TextStore } from '../../store/text-store.ts';
import { createSentenceEncoder } from '../load-tokenizer.ts';
import { openTextStore } from '../text-stores.ts';
import { readApiKeys } from './api-key-file.ts';
import { collectGarbage } from './collect-garbage.ts';
import { Listener } from './listener.ts';
import { loadInThread } from './server-thread.ts';
import { ThreadPool } from './thread-pool.ts';

/** What is served, where, and to whom. */
export interface ServeOptions {
  /** Paths of models by the names under which they are asked for; the first one has the texts. */
  readonly models: ReadonlyMap<string, string>;
  /** Of texts that are searched and added. */
  readonly db?: string | undefined;
  readonly collection?: string | undefined;
  /** 127.0.0.1 if omitted. */
  readonly host?: string | undefined;
  /** 8080 if omitted; 0 is any that is free. */
  readonly port?: number | undefined;
  readonly apiKeyFile?: string | undefined;
  /** Serve other machines also without a key. */
  readonly insecure?: boolean | undefined;
  /** Worker threads; one a processor if omitted. */
  readonly threads?: number | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
  /** Names that the server is called by. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Take over models and keys whose files are replaced. */
  readonly watch?: boolean | undefined;
  readonly version: string;
  /** Told of each request. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Told in a sentence of what else happens. */
  readonly tell: (message: string) => void;
}

/** A server that runs. */
export interface Serving {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Reads models and keys again; what cannot be taken over is told, and what is served stays. */
  reload(): Promise<void>;
  /** Takes no more requests, answers those in work, closes the texts. */
  close(): Promise<void>;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;
const HOST_NAME = /^(?!-)[a-z\d_-]+(\.[a-z\d_-]+)*\.?$/i;
/** Each holds a copy of the program, a few MB. */
const MOST_THREADS = 256;
const WATCH_MS = 1_000;

/** @throws Error in words: a model that cannot be read, a store that is locked, a port that is in use, no key for other machines */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host = '127.0.0.1', port = 8080, apiKeyFile, insecure = false, tell } = options;
  checkServeOptions({ ...options, host });
  const isLoopback = LOOPBACK.test(host);
  if (!isLoopback && apiKeyFile === undefined && !insecure)
    throw new Error(
      `Cannot serve on ${host} without a key: everybody who reaches it could use it; give --api-key-file, or --insecure where that is meant`,
    );
  if (insecure && (isLoopback || apiKeyFile !== undefined))
    tell(`--insecure has no effect: ${isLoopback ? 'only this machine reaches the server' : 'requests need a key'}`);
  const apiKeys = apiKeyFile === undefined ? undefined : readApiKeys(apiKeyFile, tell);
  const pool = new ThreadPool(options.threads ?? availableParallelism(), ({ message }) =>
    tell(`a thread failed: ${message}`),
  );
  const models = new ModelKeeper(pool, options);
  let listener: Listener | undefined;
  try {
    await pool.start();
    const encoders = await models.load();
    const index = await models.openIndex();
    // Pages that call the server under a name of their own are kept out, where no key does it.
    const ownNames = ['localhost', '127.0.0.1', '[::1]', host.toLowerCase()];
    const hosts = options.allowedHosts ?? (isLoopback && apiKeys === undefined ? ownNames : undefined);
    const { corsOrigins, limits, log, version } = options;
    const gauges = processGauges(pool, models);
    const server = createServer({
      models: encoders,
      index,
      apiKeys,
      corsOrigins,
      hosts,
      limits,
      log,
      version,
      pool,
      gauges,
    });
    models.server = server;
    listener = new Listener(server, limits?.timeoutMs ?? DEFAULT_LIMITS.timeoutMs);
    const address = await listener.listen(host, port);
    return running(server, listener, models, options, address.port);
  } catch (error) {
    await listener?.close();
    await models.close();
    await pool.close();
    throw error;
  }
}

/** @throws Error for what would never do what was meant, by the names of flags */
function checkServeOptions({
  host = '',
  threads = 1,
  limits,
  corsOrigins = [],
  allowedHosts = [],
}: ServeOptions): void {
  if (isIP(host) === 0 && !HOST_NAME.test(host))
    throw new Error(`Cannot listen on "${host}": --host takes an address or a name; the port goes to --port`);
  if (threads > MOST_THREADS)
    throw new Error(`Cannot start ${threads} threads: --threads takes ${MOST_THREADS} at most`);
  const { maximumHeldBytes } = DEFAULT_LIMITS;
  if ((limits?.maximumBodyBytes ?? 1) > maximumHeldBytes)
    throw new Error(`Cannot take bodies of so many bytes: --max-body takes ${maximumHeldBytes} at most`);
  for (const origin of corsOrigins)
    if (!isOrigin(origin))
      throw new Error(`Cannot let in pages of "${origin}": --cors takes origins such as https://example.org, or *`);
  for (const name of allowedHosts)
    if (isIP(name.replace(/^\[(.*)\]$/, '$1')) === 0 && !HOST_NAME.test(name))
      throw new Error(
        `Cannot be called "${name}": --allow-host takes names such as example.org, without http:// and port`,
      );
}

function running(
  server: Server,
  listener: Listener,
  models: ModelKeeper,
  { host = '127.0.0.1', apiKeyFile, watch, tell, ...options }: ServeOptions,
  port: number,
): Serving {
  let reloading = Promise.resolve();
  const reload = () => {
    reloading = reloading.then(async () => {
      try {
        if (apiKeyFile !== undefined) server.setApiKeys(readApiKeys(apiKeyFile, tell));
      } catch (error) {
        tell(`the keys stay as they are: ${(error as Error).message}`);
      }
      for (const name of options.models.keys()) await models.replace(name);
      collectGarbage();
    });
    return reloading;
  };
  const watched = watch ? [...options.models.values(), ...(apiKeyFile === undefined ? [] : [apiKeyFile])] : [];
  const onChange = (now: Stats, before: Stats) => {
    // A file that is gone for a moment comes again; then it is read.
    if (now.ino !== 0 && (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size))
      void reload();
  };
  for (const path of watched) watchFile(path, { interval: WATCH_MS }, onChange);
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    reload,
    close() {
      closing ??= (async () => {
        for (const path of watched) unwatchFile(path, onChange);
        server.drain();
        await listener.close();
        await reloading;
        await server.close();
        await models.close();
      })();
      return closing;
    },
  };
}

/** The models of a server and the texts of the first one, as their files are now. */
class ModelKeeper {
  readonly #pool: ThreadPool;
  readonly #options: ServeOptions;
  readonly #encoders = new Map<string, SentenceEncoder>();
  #store: TextStore | undefined;
  server: Server | undefined;
  replaced = 0;
  refused = 0;

  constructor(pool: ThreadPool, options: ServeOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  async load(): Promise<Record<string, SentenceEncoder>> {
    for (const [name, path] of this.#options.models) this.#encoders.set(name, await this.#open(path));
    return Object.fromEntries(this.#encoders);
  }

  async #open(path: string): Promise<SentenceEncoder> {
    const { shared, warnings } = await loadInThread(path);
    for (const warning of warnings) this.#options.tell(`${path}: ${warning}`);
    const encoder = await createSentenceEncoder(openSharedModel(shared));
    await this.#pool.open(encoder, shared);
    return encoder;
  }

  async openIndex(): Promise<TextIndex | undefined> {
    const { db, collection } = this.#options;
    if (db === undefined) return undefined;
    this.#store = await openTextStore(db, { collection });
    return this.#indexOf([...this.#encoders.values()][0]);
  }

  #indexOf(encoder: SentenceEncoder): Promise<TextIndex> {
    return TextIndex.open(encoder, this.#store!);
  }

  /** Takes over what the file of a model holds now; a file that cannot be used changes nothing. */
  async replace(name: string): Promise<void> {
    const path = this.#options.models.get(name)!;
    const before = this.#encoders.get(name)!;
    let encoder: SentenceEncoder | undefined;
    try {
      encoder = await this.#open(path);
      // The texts of the store have vectors of the first model: another one cannot search them.
      const isFirst = name === [...this.#encoders.keys()][0];
      const index = isFirst && this.#store ? await this.#indexOf(encoder) : undefined;
      this.#encoders.set(name, encoder);
      this.server?.setModel(name, encoder);
      if (index) this.server?.setIndex(index);
      this.replaced++;
      this.#options.tell(`the model ${name} was taken over anew from "${path}"`);
      await this.#pool.forget(before);
    } catch (error) {
      this.refused++;
      this.#options.tell(`the model ${name} stays as it was: ${(error as Error).message}`);
      if (encoder && this.#encoders.get(name) !== encoder) await this.#pool.forget(encoder);
    }
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

function processGauges(pool: ThreadPool, models: ModelKeeper): Gauge[] {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const gauge = (name: string, help: string, value: () => number, type: Gauge['type'] = 'gauge'): Gauge => ({
    name,
    help,
    type,
    value,
  });
  return [
    gauge('wordkin_waiting_characters', 'Characters of texts that wait for a thread.', () => pool.waitingCharacters),
    gauge('wordkin_models_replaced_total', 'Models taken over anew.', () => models.replaced, 'counter'),
    gauge('wordkin_models_refused_total', 'Models that could not be taken over.', () => models.refused, 'counter'),
    gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()),
    gauge(
      'process_cpu_seconds_total',
      'Processor time.',
      () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
      'counter',
    ),
    gauge('process_uptime_seconds', 'Time since the start.', () => process.uptime()),
    gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop is, since the last time this was read.', () => {
      const seconds = delay.percentile(99) / 1e9;
      delay.reset();
      return seconds;
    }),
  ];
}
