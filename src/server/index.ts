// `wordkin/server`: models over HTTP, as a web-standard handler. It needs the packages hono and zod.
export type { EncodedTexts, EncodePool } from './encode-pool.ts';
export { localPool } from './encode-pool.ts';
export type { Exchange, IncomingRequest, Reply } from './exchange.ts';
export type { ServerLimits } from './limits.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { Gauge } from './metrics.ts';
export type { ServedModel } from './models.ts';
export type { LogEntry } from './route.ts';
export type { SecurityOptions } from './security.ts';
export type { Server, ServerOptions } from './server.ts';
export { createServer } from './server.ts';
export type { WordAnswer, WordQuestion } from './word-questions.ts';
export type { VectorCounts, VectorForm } from './write-vectors.ts';
