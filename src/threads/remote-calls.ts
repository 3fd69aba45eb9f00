/** One end of a thread: post a message, get the other end's. */
export interface WorkerPort {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other end has failed or gone away. */
  onFailure(listener: (error: Error) => void): void;
  close(): Promise<void>;
}

/** What a call comes to: its value, and the buffers in it that are handed over instead of copied. */
export interface Answer {
  readonly value: unknown;
  readonly transfer?: ArrayBuffer[] | undefined;
}

/** An error as a message holds it. */
interface PostedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

interface Request {
  readonly id: number;
  readonly call: string;
  readonly arguments: readonly unknown[];
}
interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: PostedError;
}

/** The number of the first message of a thread, which answers no call: its script is there, and it listens. */
export const STARTED = -1;

/** Errors that come out of a thread as what they were; others as `Error` with their name. */
const ERROR_CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  RangeError,
  SyntaxError,
  TypeError,
  ReferenceError,
};

/** Calls of functions in another thread, whose end of the port is served by `serveCalls`. */
export function remoteCalls(port: Omit<WorkerPort, 'close'>) {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let failure: Error | undefined;
  let nextId = 0;
  port.onMessage((message) => {
    const { id, value, error } = message as Reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(toError(error));
    else call?.resolve(value as never);
  });
  port.onFailure((error) => {
    failure = error;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  });
  return <T>(call: string, args: readonly unknown[], transfer?: ArrayBuffer[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (failure) return reject(failure);
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      try {
        port.post({ id, call, arguments: args } satisfies Request, transfer);
      } catch (error) {
        waiting.delete(id);
        throw error;
      }
    });
}

/** The other end: answers the calls of `remoteCalls`. */
export function serveCalls(
  port: Pick<WorkerPort, 'post' | 'onMessage'>,
  answer: (call: string, args: readonly unknown[]) => Promise<Answer> | Answer,
): void {
  port.onMessage(async (message) => {
    const { id, call, arguments: args } = message as Request;
    try {
      const { value, transfer } = await answer(call, args);
      port.post({ id, value } satisfies Reply, transfer);
    } catch (error) {
      port.post({ id, error: toPosted(error) } satisfies Reply);
    }
  });
}

function toPosted(error: unknown): PostedError {
  const { name, message, code }: Error & { code?: unknown } = error instanceof Error ? error : new Error(String(error));
  return { name, message, ...(typeof code === 'string' && { code }) };
}

function toError({ name, message, code }: PostedError): Error {
  const Class = ERROR_CLASSES[name];
  const error = Class ? new Class(message) : Object.assign(new Error(message), { name });
  return code === undefined ? error : Object.assign(error, { code });
}
