import { DOCS_SCRIPT, DOCS_STYLE, docsPage } from './docs-page.ts';
import type { Metrics } from './metrics.ts';
import type { ServedModels } from './models.ts';
import { describeRoutes } from './openapi.ts';
import { type Answer, defineRoute, type Route } from './route.ts';
import * as schemas from './schemas.ts';

/** What the routes for running a server need. */
export interface OperationServices {
  readonly models: ServedModels;
  readonly metrics: Metrics;
  readonly version: string;
  /** Whether requests must bear a key. */
  readonly needsKey: boolean;
  readonly isReady: () => boolean;
}

/** Routes for those who run the server. */
export function operationRoutes({ models, metrics, isReady }: OperationServices): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/health',
      group: 'Operation',
      summary: 'Whether the process lives',
      isOpen: true,
      answer: schemas.HealthAnswer,
      handle: (call) => call.json({ status: 'ok' }),
    }),
    defineRoute({
      method: 'get',
      path: '/ready',
      group: 'Operation',
      summary: 'Whether requests are welcome: 503 while the server starts and stops',
      isOpen: true,
      answer: schemas.ReadyAnswer,
      statuses: [503],
      handle(call) {
        const ready = isReady();
        const headers: Record<string, string> = ready ? {} : { 'retry-after': '1' };
        return { ...call.json({ ready, models: models.names }), status: ready ? 200 : 503, headers };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      group: 'Operation',
      summary: 'Counts and times for Prometheus',
      answerType: 'text/plain',
      handle: () => ({ body: metrics.toString(), type: 'text/plain; version=0.0.4; charset=utf-8' }),
    }),
  ];
}

/** The description of all routes, for programs and for people. */
export function descriptionRoutes(
  routes: readonly Route[],
  { version, needsKey }: Pick<OperationServices, 'version' | 'needsKey'>,
): Route[] {
  let document: string | undefined;
  let page: string | undefined;
  const describe = (): object => describeRoutes([...routes, ...own], { version, needsKey });
  const file = (path: string, summary: string, type: string, body: () => string): Route =>
    defineRoute({
      method: 'get',
      path,
      group: 'Description',
      summary,
      isOpen: true,
      answerType: type.split(';')[0],
      handle: (): Answer => ({ body: body(), type, headers: DOCS_HEADERS }),
    });
  const own: Route[] = [
    file('/openapi.json', 'This description', 'application/json', () => {
      document ??= JSON.stringify(describe());
      return document;
    }),
    file('/docs', 'This description as a page', 'text/html; charset=utf-8', () => {
      page ??= docsPage(describe());
      return page;
    }),
    file('/docs/style.css', 'Its style', 'text/css; charset=utf-8', () => DOCS_STYLE),
    file('/docs/script.js', 'Its script', 'text/javascript; charset=utf-8', () => DOCS_SCRIPT),
  ];
  return own;
}

const DOCS_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};
