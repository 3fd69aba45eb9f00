/** Upper bounds of the histogram's buckets, in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What is known of the requests to a route. */
export class RouteMetrics {
  readonly route: string;
  readonly method: string;
  readonly statuses = new Map<number, number>();
  readonly buckets = new Float64Array(BOUNDS.length + 1);
  seconds = 0;

  constructor(method: string, route: string) {
    this.method = method;
    this.route = route;
  }

  observe(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) bucket++;
    this.buckets[bucket]++;
    this.seconds += seconds;
  }
}

/** A number that is told as it is when it is asked for. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** One number, or one for each label set, such as `{model="news"}`. */
  value(): number | Iterable<readonly [labels: string, value: number]>;
}

/** What a server counts, in the text format of Prometheus. */
export class Metrics {
  readonly #routes: RouteMetrics[] = [];
  readonly #gauges: Gauge[] = [];
  texts = 0;
  tokens = 0;

  constructor() {
    this.add({
      name: 'wordkin_texts_total',
      help: 'Texts that were encoded.',
      type: 'counter',
      value: () => this.texts,
    });
    this.add({
      name: 'wordkin_tokens_total',
      help: 'Tokens of the texts that were encoded.',
      type: 'counter',
      value: () => this.tokens,
    });
  }

  add(gauge: Gauge): void {
    this.#gauges.push(gauge);
  }

  route(method: string, route: string): RouteMetrics {
    const metrics = new RouteMetrics(method, route);
    this.#routes.push(metrics);
    return metrics;
  }

  toString(): string {
    const lines: string[] = [];
    const head = (name: string, type: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    head('wordkin_requests_total', 'counter', 'Requests that were answered.');
    for (const { method, route, statuses } of this.#routes)
      for (const [status, count] of statuses)
        lines.push(`wordkin_requests_total{method="${method}",route="${route}",status="${status}"} ${count}`);
    head('wordkin_request_seconds', 'histogram', 'Time from the head of a request to its answer.');
    for (const { method, route, buckets, seconds } of this.#routes) {
      const labels = `method="${method}",route="${route}"`;
      let sum = 0;
      buckets.forEach((count, i) => {
        sum += count;
        lines.push(`wordkin_request_seconds_bucket{${labels},le="${BOUNDS[i] ?? '+Inf'}"} ${sum}`);
      });
      lines.push(
        `wordkin_request_seconds_sum{${labels}} ${seconds}`,
        `wordkin_request_seconds_count{${labels}} ${sum}`,
      );
    }
    for (const { name, help, type, value } of this.#gauges) {
      head(name, type, help);
      const values = value();
      if (typeof values === 'number') lines.push(`${name} ${values}`);
      else for (const [labels, number] of values) lines.push(`${name}${labels} ${number}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** A label's value as the format wants it. */
export function labelValue(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
