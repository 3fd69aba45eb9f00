/** What the server reads of a request. A `Request` is one; who has a socket gives an object that costs less to make. */
export interface IncomingRequest {
  readonly method: string;
  /** With the name by which the server is called. */
  readonly url: string;
  /** Names are in lower case. */
  readonly headers: { get(name: string): string | null };
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body. */
  arrayBuffer(): Promise<ArrayBuffer | Uint8Array>;
}

/** What is sent to a client. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
}

/** A request on a socket, and where its answer goes. */
export interface Exchange extends IncomingRequest {
  /** Sends the answer. Never throws, also where the client has gone. */
  send(reply: Reply): void;
  /** Resolves when the answer has been sent, or its client has gone. */
  sent(): Promise<unknown>;
}
