import { RegExpRouter } from 'hono/router/reg-exp-router';
import { getPath } from 'hono/utils/url';
import { RequestError } from './errors.ts';
import type { IncomingRequest } from './exchange.ts';
import { type Call, createHandler, type Handler, type Route, type ServerContext } from './route.ts';

/** Who answers a request, and the parts of its path that have names. */
export interface FoundRoute {
  readonly handle: Handler;
  readonly params: Readonly<Record<string, string>>;
}

interface Place {
  /** By method. */
  readonly handlers: Map<string, Handler>;
  /** Answers other methods. */
  readonly refuse: Handler;
}

const NO_PARAMS: FoundRoute['params'] = {};
const EVERY_METHOD = 'ALL';

/** Finds the route of each request; every request has one, as also a refusal is one. */
export function routeFinder(
  routes: readonly Route[],
  context: ServerContext,
): (request: IncomingRequest) => FoundRoute {
  const router = new RegExpRouter<Place>();
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const handlers = new Map(here.map((route) => [route.method.toUpperCase(), createHandler(route, context)]));
    router.add(EVERY_METHOD, path, {
      handlers,
      refuse: createHandler(
        refusal(() => wrongMethod(path, here)),
        context,
      ),
    });
  }
  const paths = routes.map(({ path }) => path);
  const unknown = createHandler(
    refusal(({ request }) => notFound(getPath(request as unknown as Request), paths)),
    context,
  );
  return (request) => {
    const [found, parts] = router.match(EVERY_METHOD, getPath(request as unknown as Request)); // it reads the address only
    if (found.length === 0) return { handle: unknown, params: NO_PARAMS };
    const [{ handlers, refuse }, places] = found[0];
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    return { handle: handlers.get(method) ?? refuse, params: parts ? paramsOf(places, parts) : NO_PARAMS };
  };
}

function paramsOf(places: Readonly<Record<string, string | number>>, parts: readonly string[]): FoundRoute['params'] {
  let params: Record<string, string> | undefined;
  for (const name in places) {
    params ??= {};
    params[name] = decodePart(parts[places[name] as number]);
  }
  return params ?? NO_PARAMS;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // such as 100%, as it stands
  }
}

function wrongMethod(path: string, routes: readonly Route[]): RequestError {
  const allowed = routes.map((route) => route.method.toUpperCase());
  const headers = { allow: allowed.join(', ') };
  return new RequestError(405, `${path} takes ${allowed.join(' and ')} only`, { code: 'method_not_allowed', headers });
}

/** The path of a client whose base address lacks /v1, or has it twice, ends as the right one does. */
function notFound(path: string, paths: readonly string[]): RequestError {
  const lastPart = (of: string) => of.split('/').filter(Boolean).at(-1);
  const last = lastPart(path);
  const meant = last === undefined ? undefined : paths.find((one) => lastPart(one) === last);
  const help = meant === undefined ? '' : ` did you mean ${meant}?`;
  return new RequestError(404, `There is nothing here;${help} /docs tells what there is`, { code: 'route_not_found' });
}

/** A route that refuses. */
function refusal(errorFor: (call: Call) => RequestError): Route {
  const handle = (call: Call) => {
    throw errorFor(call);
  };
  return { method: 'get', path: '(none)', group: '', summary: '', isOpen: true, handle };
}
