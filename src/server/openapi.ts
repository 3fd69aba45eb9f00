import { z } from 'zod';
import type { Route } from './route.ts';
import { ErrorAnswer, InferenceErrorAnswer } from './schemas.ts';

const STATUS_TEXTS: Record<number, string> = {
  400: 'The request is wrong; the message says where',
  401: 'The key is missing or wrong',
  403: 'The server is not called by this name',
  404: 'There is no such model or word',
  408: 'The body did not come in time',
  409: 'The server has no store of texts',
  413: 'The body is too long',
  415: 'The body is of another kind',
  500: 'A fault of the server',
  503: 'Too much is asked at once, or the server stops; try again after the time of Retry-After',
};

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of routes, made of the schemas that check them. */
export function describeRoutes(
  routes: readonly Route[],
  { version, needsKey }: { readonly version: string; readonly needsKey: boolean },
): object {
  const schemas: Json = {};
  const reference = (schema: z.ZodType, io: 'input' | 'output') => collect(schema, io, schemas);
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const parameters = [
      ...[...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...queryParameters(route, schemas),
    ];
    paths[path] ??= {};
    paths[path][route.method] = {
      tags: [route.group],
      operationId: `${route.method}${path.replace(/[^a-z0-9]+(.?)/gi, (_, letter: string) => letter.toUpperCase())}`,
      summary: route.summary,
      ...(route.description && { description: route.description }),
      ...(parameters.length > 0 && { parameters }),
      ...((route.body || route.lines) && { requestBody: requestBody(route, reference) }),
      responses: responses(route, reference),
      ...(route.isOpen && { security: [] }),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'wordkin',
      version,
      description: 'Word and sentence vectors of models that wordkin has trained or read.',
    },
    paths,
    components: {
      schemas,
      ...(needsKey && { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } }),
    },
    ...(needsKey && { security: [{ key: [] }] }),
  };
}

function requestBody(route: Route, reference: (schema: z.ZodType, io: 'input') => Json): Json {
  const content: Json = {};
  if (route.body) content['application/json'] = { schema: reference(route.body, 'input') };
  if (route.lines) content['application/x-ndjson'] = { schema: reference(route.lines, 'input') };
  return { required: true, content };
}

function responses(route: Route, reference: (schema: z.ZodType, io: 'output') => Json): Json {
  const answerType = route.answerType ?? (route.answer ? 'application/json' : 'text/plain');
  const schema = route.answer ? reference(route.answer, 'output') : { type: 'string' };
  const content: Json = { [answerType]: { schema } };
  if (route.lines) content['application/x-ndjson'] = { schema };
  const result: Json = { 200: { description: 'The answer', content } };
  const error = reference(route.errors === 'inference' ? InferenceErrorAnswer : ErrorAnswer, 'output');
  const statuses = new Set([403, 500, ...(route.statuses ?? [])]);
  if (!route.isOpen) for (const status of [401, 503]) statuses.add(status);
  if (route.query) statuses.add(400);
  if (route.body) for (const status of [400, 408, 413, 415]) statuses.add(status);
  for (const status of [...statuses].sort()) {
    // /ready tells what it would tell, only that it is not.
    const isAnswer = route.isOpen && status === 503;
    result[status] = {
      description: STATUS_TEXTS[status],
      content: { 'application/json': { schema: isAnswer ? schema : error } },
    };
  }
  return result;
}

function queryParameters(route: Route, schemas: Json): Json[] {
  if (!route.query) return [];
  const { properties = {}, required = [] } = toJsonSchema(route.query, 'output', schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

/** A reference to the schema, which is put with all that it names into `schemas`. */
function collect(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const name = schema.meta()?.id;
  if (name !== undefined && Object.hasOwn(schemas, name)) return { $ref: `#/components/schemas/${name}` };
  const json = toJsonSchema(schema, io, schemas);
  if (name === undefined) return json;
  schemas[name] ??= json; // zod may have named it itself, and given a reference to it
  return { $ref: `#/components/schemas/${name}` };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _, $defs = {}, id: __, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  for (const [name, { id: ___, ...part }] of Object.entries($defs as Record<string, Json>))
    schemas[name] ??= moved(part);
  return moved(json) as Json;
}

/** References as they are where schemas lie in a document of OpenAPI. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' ? String(part).replace('#/$defs/', '#/components/schemas/') : moved(part),
    ]),
  );
}
