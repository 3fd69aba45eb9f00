import { WordNotFoundError } from '../model/embedding-model.ts';
import { DatabaseUnreachableError } from '../store/sql-connection.ts';
import { TextDataError } from '../store/text-store.ts';
import { TextLengthError } from './write-vectors.ts';

/** An answer that says what was wrong. The message is for the client. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  /** The field of the request that is meant. */
  readonly param: string | null;
  /** For programs. */
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    {
      param = null,
      code = null,
      headers = {},
    }: { param?: string | null; code?: string | null; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
    this.headers = headers;
  }
}

/** Too much is asked at once: come again. */
export function overloaded(message: string, code = 'overloaded'): RequestError {
  return new RequestError(503, message, { code, headers: { 'retry-after': '1' } });
}

/** The error of a name that is not served. */
export function modelNotFound(name: string, names: readonly string[]): RequestError {
  return new RequestError(404, `The model ${JSON.stringify(name)} is not served here; there is ${names.join(', ')}`, {
    param: 'model',
    code: 'model_not_found',
  });
}

/** Errors of the library that speak of what was asked, by name: those of a worker thread have lost their class. */
const OF_THE_QUESTION: Record<string, { status: number; code: string }> = {
  [TextLengthError.name]: { status: 400, code: 'context_length_exceeded' },
  [TextDataError.name]: { status: 400, code: 'invalid_value' },
  [WordNotFoundError.name]: { status: 404, code: 'word_not_found' },
  RangeError: { status: 400, code: 'invalid_value' },
  SyntaxError: { status: 400, code: 'invalid_value' },
  ImpossibleError: { status: 400, code: 'unsupported' },
};

/**
 * The answer to an error, or undefined where it is a fault of the server. Other errors than those of the library's checks, such as
 * TypeError, do not come from a request that its schema has let through.
 */
export function toRequestError(error: unknown): RequestError | undefined {
  if (error instanceof RequestError) return error;
  if (!(error instanceof Error)) return undefined;
  if (error instanceof DatabaseUnreachableError)
    return overloaded('The database of the texts cannot be reached now: come again', 'database_unreachable');
  const known = OF_THE_QUESTION[error.name];
  // What the engine throws is of no request: no memory, no stack.
  if (!known || /^(Invalid (array|string|typed array) length|Maximum call stack|Array buffer)/.test(error.message))
    return undefined;
  return new RequestError(known.status, error.message, { code: known.code });
}

/** Which shape an error has: OpenAI's, or that of text-embeddings-inference. */
export type ErrorShape = 'openai' | 'inference';

const INFERENCE_TYPES: Record<number, string> = { 413: 'validation', 429: 'overloaded', 503: 'overloaded' };

/** The body of the answer. */
export function errorBody({ status, message, param, code }: RequestError, shape: ErrorShape): object {
  if (shape === 'inference') {
    const type = INFERENCE_TYPES[status] ?? (status >= 500 ? 'backend' : 'validation');
    return { error: message, error_type: type };
  }
  return { error: { message, type: typeOf(status), param, code } };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
