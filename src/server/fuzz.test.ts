// Requests by the server's own description, right ones and such with something wrong in them: none ends in a fault of the server.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { anyCharacter } from '../../test/any-character.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { TextIndex } from '../store/text-index.ts';
import { testEncoder, WORDS } from './model.contract.ts';
import type { LogEntry } from './route.ts';
import { createServer, type Server } from './server.ts';

type Schema = Record<string, unknown>;
interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const faults: LogEntry[] = [];
let server: Server;
let document: Document;
beforeAll(async () => {
  const encoder = testEncoder();
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  server = createServer({
    models: { news: encoder },
    index,
    log: (entry) => {
      if (entry.fault) faults.push(entry);
    },
  });
  document = (await (await server.fetch(new Request('http://localhost/openapi.json'))).json()) as Document;
});

const texts = fc.oneof(
  fc.constant('news'),
  fc.constantFrom(...WORDS),
  fc.constantFrom(
    'news',
    '1',
    'the king of the sea',
    'year = 2000',
    'not (a.b contains "x")',
    "'; drop table texts; --",
  ),
  fc.string({ unit: anyCharacter, maxLength: 20 }),
);
const anything = fc.anything({ maxDepth: 2, withNullPrototype: false }).filter((value) => {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
});

/** Texts of which most are among these. */
const mostly = (...right: string[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: texts });

/** Texts of a field or parameter: names of words, models and conditions are asked for in vain unless most of them are there. */
const TEXTS_OF = new Map([
  ...['words', 'minus', 'a', 'b', 'c'].map((name) => [name, mostly(...WORDS)] as const),
  ['model', mostly('news')],
  ['where', mostly('year = 2000', 'year != 2000')],
]);
const textsOf = (name: string) => TEXTS_OF.get(name) ?? texts;

/** Values that a schema lets through, as far as it says so; of its texts these. */
function valuesOf(schema: Schema, strings: fc.Arbitrary<string> = texts): fc.Arbitrary<unknown> {
  if (typeof schema.$ref === 'string')
    return valuesOf(document.components.schemas[schema.$ref.split('/').at(-1)!], strings);
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => valuesOf(choice, strings)));
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  if ('const' in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case 'string':
      return strings.filter((text) => text.length >= Number(schema.minLength ?? 0));
    case 'integer':
    case 'number':
      return fc.integer({ min: Number(schema.minimum ?? -5), max: Math.min(20, Number(schema.maximum ?? 20)) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items as Schema, strings), {
        minLength: Number(schema.minItems ?? 0),
        maxLength: 4,
      });
    case 'object': {
      const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
      if (properties.length === 0) return fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }));
      return fc.record(Object.fromEntries(properties.map(([name, part]) => [name, valuesOf(part, textsOf(name))])), {
        requiredKeys: (schema.required ?? []) as string[],
      });
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** The value with one part, somewhere, in whose place there is something else. */
function damaged(value: unknown, other: unknown, path: number): unknown {
  if (typeof value !== 'object' || value === null || path % 3 === 0) return other;
  const names = Object.keys(value);
  const name = names[path % (names.length + 1)] ?? 'unheard';
  const part = (value as Record<string, unknown>)[name];
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[name] = damaged(part, other, Math.floor(path / 3));
  return copy;
}

function requestsOf(path: string, method: string, { parameters = [], requestBody }: Operation): fc.Arbitrary<Request> {
  const query = fc.record(
    Object.fromEntries(
      parameters.map(({ name, schema }) => [name, fc.oneof(valuesOf(schema, textsOf(name)), textsOf(name))]),
    ),
    { requiredKeys: parameters.filter((one) => one.in === 'path').map(({ name }) => name) },
  );
  const schema = requestBody?.content['application/json'].schema;
  const body = schema
    ? fc.oneof(
        valuesOf(schema).map((value) => JSON.stringify(value)),
        fc
          .tuple(valuesOf(schema), anything, fc.nat(1000))
          .map(([value, ...rest]) => JSON.stringify(damaged(value, ...rest))),
        fc.string({ unit: anyCharacter, maxLength: 30 }),
      )
    : fc.constant(undefined);
  const lines = requestBody?.content['application/x-ndjson'] ? fc.boolean() : fc.constant(false);
  return fc.tuple(query, body, lines).map(([values, text, isLines]) => {
    const search = new URLSearchParams();
    let place = path;
    for (const [name, value] of Object.entries(values)) {
      const shown = String(value).replace(/\p{Surrogate}/gu, '');
      if (place.includes(`{${name}}`)) place = place.replace(`{${name}}`, () => encodeURIComponent(shown));
      else search.append(name, shown);
    }
    const headers = { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' };
    const init = { method: method.toUpperCase(), ...(text !== undefined && { headers, body: text }) };
    return new Request(`http://localhost${place}?${search}`, init);
  });
}

it('answers every request that its description allows, and refuses every other', async () => {
  const seen = new Map<string, Set<number>>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const statuses = new Set<number>();
      seen.set(`${method} ${path}`, statuses);
      const check = async (request: Request) => {
        const response = await server.fetch(request);
        const text = await response.text();
        statuses.add(response.status);
        expect(response.status, text).not.toBe(500);
        // A name in the path that is empty is another path.
        const documented = Object.keys(operation.responses).map(Number);
        if (response.status !== 200 && !path.includes('{')) expect(documented).toContain(response.status);
        if (response.status !== 200) expect(JSON.parse(text).error).toBeTruthy();
      };
      await fc.assert(fc.asyncProperty(requestsOf(path, method, operation), check), {
        numRuns: operation.requestBody ? 250 : 60,
      });
    }
  }
  expect(faults).toEqual([]);
  // The requests are not all alike: each route was asked well, and those with a body also wrongly.
  for (const [route, statuses] of seen) expect([route, statuses.has(200)]).toEqual([route, true]);
  expect(seen.get('post /v1/embeddings')).toContain(400);
  expect(seen.size).toBeGreaterThan(18);
});
