import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkIndex } from '../store/check-index.ts';
import type { TextIndex } from '../store/text-index.ts';
import { ANY_VALUE, checkOptions, FUNCTION, OBJECT, type OptionRules, STRING, STRINGS } from '../text/check-options.ts';
import { embeddingRoutes } from './embeddings.ts';
import { type EncodePool, localPool } from './encode-pool.ts';
import type { Exchange } from './exchange.ts';
import { routeFinder } from './find-route.ts';
import { Admission, resolveLimits, type ServerLimits } from './limits.ts';
import { type Gauge, labelValue, Metrics } from './metrics.ts';
import { ServedModels } from './models.ts';
import { descriptionRoutes, operationRoutes } from './operations.ts';
import { type LogEntry, toResponse } from './route.ts';
import { Security, type SecurityOptions } from './security.ts';
import { textRoutes } from './texts.ts';
import { wordRoutes } from './words.ts';

/** What a server serves, and to whom. */
export interface ServerOptions extends SecurityOptions {
  /** By the names under which they are asked for; the first one answers where no name is given. */
  readonly models: Readonly<Record<string, SentenceEncoder>>;
  /** Texts that are searched and added; without it these routes answer 409. */
  readonly index?: TextIndex | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Told of each request: nothing that a user has written, and no key. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Where the work is done; in this thread if omitted. */
  readonly pool?: EncodePool | undefined;
  /** More numbers for `/metrics`. */
  readonly gauges?: readonly Gauge[] | undefined;
  /** For `/info` and the description. */
  readonly version?: string | undefined;
}

/** One that is misspelt is refused: without its keys a server would answer everybody. */
const SERVER_RULES: OptionRules<ServerOptions> = {
  models: OBJECT,
  index: OBJECT,
  limits: OBJECT,
  log: FUNCTION,
  pool: OBJECT,
  gauges: ANY_VALUE,
  version: STRING,
  apiKeys: STRINGS,
  corsOrigins: STRINGS,
  hosts: STRINGS,
};

/** A server without sockets: a request comes in, the answer goes out. */
export interface Server {
  /** Answers a request. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** As `fetch`, for those who have the socket: no `Request` and `Response` are made. The bytes of an answer count as held until it has been sent. */
  answer(exchange: Exchange): Promise<void>;
  /** Puts a model under a name, or in the place of the one that has it; requests in work keep theirs. */
  setModel(name: string, encoder: SentenceEncoder): void;
  /** Searches and adds from now on by this one. */
  setIndex(index: TextIndex | undefined): void;
  /** Other keys from now on. */
  setApiKeys(apiKeys: readonly string[] | undefined): void;
  /** `/ready` tells from now on that the server stops; requests are still answered. */
  drain(): void;
  /** Refuses new requests with 503, waits for those in work, and closes the pool. The index stays open: it is its owner's. */
  close(): Promise<void>;
}

/**
 * A server of models as a web-standard handler, for any runtime: OpenAI's embeddings, those of text-embeddings-inference,
 * questions about words, texts that are searched, and its own description at `/docs`.
 *
 * @throws RangeError without a model, for an option that is none, for keys and limits that are none; TypeError for what is no encoder or index
 */
export function createServer(options: ServerOptions): Server {
  checkOptions(options, SERVER_RULES);
  const { log, pool = localPool, version = 'unknown' } = options;
  const names = Object.keys(options.models ?? {});
  if (names.length === 0) throw new RangeError('"models" must hold at least one model');
  const models = new ServedModels();
  for (const name of names) models.set(name, options.models[name]);
  if (options.index !== undefined) checkIndex(options.index);
  const limits = resolveLimits(options.limits);
  const security = new Security(options);
  const metrics = new Metrics();
  const admission = new Admission(limits);
  let isStopping = false;
  let { index } = options;
  for (const gauge of [...ownGauges(models, admission), ...(options.gauges ?? [])]) metrics.add(gauge);

  const services = {
    ...{ models, pool, limits, metrics, version },
    index: () => index,
    needsKey: options.apiKeys !== undefined,
    isReady: () => !isStopping,
  };
  const described = [
    ...embeddingRoutes(services),
    ...wordRoutes(services),
    ...textRoutes(services),
    ...operationRoutes(services),
  ];
  const routes = [...described, ...descriptionRoutes(described, services)];
  const find = routeFinder(routes, { security, admission, limits, metrics, log });

  return {
    async fetch(request) {
      const preflight = security.preflight(request);
      if (preflight) return toResponse(preflight);
      const { handle, params } = find(request);
      const response = toResponse(await handle(request, params));
      return request.method === 'HEAD' ? new Response(null, response) : response;
    },
    async answer(exchange) {
      const preflight = security.preflight(exchange);
      if (preflight) return exchange.send(preflight);
      const { handle, params } = find(exchange);
      exchange.send(await handle(exchange, params, () => exchange.sent()));
    },
    setModel: (name, encoder) => void models.set(name, encoder),
    setIndex(given) {
      if (given !== undefined) checkIndex(given);
      index = given;
    },
    drain() {
      isStopping = true;
    },
    setApiKeys: (keys) => security.setKeys(keys),
    async close() {
      isStopping = true;
      admission.stop();
      await admission.idle();
      await pool.close();
    },
  };
}

function ownGauges(models: ServedModels, admission: Admission): Gauge[] {
  return [
    {
      name: 'wordkin_requests_in_work',
      help: 'Requests that are being answered.',
      type: 'gauge',
      value: () => admission.requests,
    },
    {
      name: 'wordkin_held_bytes',
      help: 'Bytes of the bodies that are held.',
      type: 'gauge',
      value: () => admission.heldBytes,
    },
    {
      name: 'wordkin_model_words',
      help: 'Words of a model.',
      type: 'gauge',
      value: () =>
        models.all().map(({ name, encoder }) => [`{model="${labelValue(name)}"}`, encoder.model.size] as const),
    },
    {
      name: 'wordkin_model_created_seconds',
      help: 'When a model was taken over.',
      type: 'gauge',
      value: () => models.all().map(({ name, created }) => [`{model="${labelValue(name)}"}`, created] as const),
    },
  ];
}
