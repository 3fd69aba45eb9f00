interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { name: string; in: string; description?: string; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  readonly info: { title: string; version: string; description: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object>; securitySchemes?: object };
}

/** The page of an OpenAPI document: all routes by group, their schemas, and a form that sends a request. */
export function docsPage(description: object): string {
  const document = description as Document;
  const { info, paths, components } = document;
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const group = groups.get(operation.tags[0]) ?? [];
      group.push(operationPart(path, method, operation, components.schemas));
      groups.set(operation.tags[0], group);
    }
  }
  const key = components.securitySchemes
    ? '<label>API key <input id="key" type="password" autocomplete="off"></label>'
    : '';
  const parts = [...groups].map(
    ([name, operations]) => `<section><h2>${escaped(name)}</h2>${operations.join('')}</section>`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary>${jsonPart(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} ${escaped(info.version)}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/style.css"><script type="module" src="docs/script.js"></script></head>
<body><main><h1>${escaped(info.title)} <small>${escaped(info.version)}</small></h1><p>${escaped(info.description)}
The same for programs: <a href="openapi.json">openapi.json</a>.</p>${key}
${parts.join('\n')}
<section><h2>Schemas</h2>${schemas.join('\n')}</section></main></body></html>
`;
}

function operationPart(path: string, method: string, operation: Operation, schemas: Record<string, object>): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const inputs = parameters
    .map(({ name, description: help = '' }) => {
      const where = path.includes(`{${name}}`) ? 'path' : 'query';
      return `<label><code>${escaped(name)}</code> ${escaped(help)} <input data-name="${escaped(name)}" data-in="${where}"></label>`;
    })
    .join('');
  const schema = requestBody?.content['application/json']?.schema;
  const example = schema && exampleOf(schema, schemas);
  const body = schema
    ? `<label>Body: ${schemaLink(schema)}<textarea rows="6" spellcheck="false">${escaped(JSON.stringify(example ?? {}, null, 2))}</textarea></label>`
    : '';
  const statuses = Object.entries(responses)
    .map(([status, { description: text, content = {} }]) => {
      const types = Object.entries(content).map(([type, { schema: of }]) => `${escaped(type)} ${schemaLink(of)}`);
      return `<li><b>${escaped(status)}</b> ${escaped(text)}${types.length > 0 ? `: ${types.join(', ')}` : ''}</li>`;
    })
    .join('');
  return `<details class="operation"><summary><b class="${escaped(method)}">${escaped(method.toUpperCase())}</b> <code>${escaped(path)}</code> ${escaped(summary)}</summary>
<p>${escaped(description ?? '')}</p><form data-method="${escaped(method.toUpperCase())}" data-path="${escaped(path)}">${inputs}${body}<button>Send</button></form>
<pre class="answer" role="status" hidden></pre><ul>${statuses}</ul></details>`;
}

function schemaLink(schema: object): string {
  const name = nameOf(schema);
  return name ? `<a href="#schema-${escaped(name)}">${escaped(name)}</a>` : '';
}

function nameOf(schema: object): string | undefined {
  return (schema as { $ref?: string }).$ref?.split('/').at(-1);
}

function exampleOf(schema: object, schemas: Record<string, object>): unknown {
  const name = nameOf(schema);
  return ((name ? schemas[name] : schema) as { example?: unknown }).example;
}

function jsonPart(value: object): string {
  return `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const DOCS_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 small { font-weight: normal; opacity: .7 }
details { border: 1px solid #8888; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
label { display: block; margin: .4rem 0 }
input, textarea, button { font: inherit; box-sizing: border-box }
textarea { width: 100%; font-family: ui-monospace, monospace; font-size: .9rem }
pre { overflow: auto; max-height: 24rem; background: #8882; padding: .6rem; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere }
`;

/** Sends what stands in a form and shows what comes back. */
export const DOCS_SCRIPT = `const key = document.getElementById('key');
for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const output = form.parentElement.querySelector('.answer');
    let path = form.dataset.path;
    const query = new URLSearchParams();
    for (const { value, dataset } of form.querySelectorAll('input')) {
      if (dataset.in === 'path') path = path.replace('{' + dataset.name + '}', encodeURIComponent(value));
      else if (value !== '') query.append(dataset.name, value);
    }
    const headers = {};
    if (key && key.value) headers.authorization = 'Bearer ' + key.value;
    const body = form.querySelector('textarea')?.value;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const address = new URL('.' + path + (query.size > 0 ? '?' + query : ''), location.href.replace(/docs\\/?([?#].*)?$/, ''));
    output.hidden = false;
    output.textContent = '…';
    const begin = performance.now();
    try {
      const response = await fetch(address, { method: form.dataset.method, headers, body });
      const text = await response.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch {}
      output.textContent = response.status + ' in ' + (performance.now() - begin).toFixed(1) + ' ms\\n' + shown.slice(0, 100000);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}
for (const link of document.querySelectorAll('a[href^="#schema-"]')) {
  link.addEventListener('click', () => { document.getElementById(link.getAttribute('href').slice(1)).open = true; });
}
`;
