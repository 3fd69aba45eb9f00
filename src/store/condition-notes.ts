import { nearestSpelling } from '../text/nearest-spelling.ts';
import { showValue } from '../text/show-value.ts';
import { tellWarning } from '../text/tell-warning.ts';
import { checkFilter, type Filter, type Operator, parseFilter, type Scalar, valueAt } from './filter.ts';
import type { JsonValue, Metadata } from './metadata.ts';
import type { TextStore } from './text-store.ts';

/** So many texts tell of what kind the values of a field are. */
const LOOKED_AT = 100;
/** So many kinds of conditions are looked at for a warning. */
const MOST_SEEN = 1_000;

type Comparison = Extract<Filter, { kind: 'compare' }>;

/**
 * Sentences about a condition on metadata that may not say what is meant: which of its fields no text has, and which hold values of another kind
 * than what they are compared with (`year = "2020"` where years are numbers). Such a comparison holds for no text, with "!=" for all. Each field
 * takes a look at up to 100 texts. Of a store without texts nothing is said. Searches tell the same, see `TextSearchOptions.onNote`.
 *
 * @param where - as text, or as `parseFilter` gives it
 * @param shown - what the condition is called where it was given; `"where"` if omitted
 * @returns none where nothing is to be said
 * @throws SyntaxError for a condition that cannot be read; TypeError for what is no store
 */
export async function conditionNotes(
  store: Pick<TextStore, 'list'>,
  where: string | Filter,
  shown = '"where"',
): Promise<string[]> {
  if (typeof store?.list !== 'function')
    throw new TypeError(`"store" must be a store of texts, as openTextStore opens it, got ${showValue(store)}`);
  const filter = typeof where === 'string' ? parseFilter(where) : where;
  checkFilter(filter);
  return (await notesOf(store, filter, shown)) ?? [];
}

/** Undefined where the store holds no text. */
async function notesOf(store: Pick<TextStore, 'list'>, filter: Filter, shown: string): Promise<string[] | undefined> {
  const notes: string[] = [];
  const comparisons = comparisonsIn(filter);
  const paths = new Map(comparisons.map(({ path }) => [path.join('.'), path]));
  for (const [name, path] of paths) {
    const texts = await store.list({ where: { kind: 'exists', path }, count: LOOKED_AT });
    if (texts.length > 0) {
      const values = texts.map(({ metadata }) => valueAt(metadata, path));
      for (const comparison of comparisons) {
        if (comparison.kind !== 'compare' || comparison.path.join('.') !== name) continue;
        const advice = kindAdvice(comparison, values);
        // Further texts may hold other kinds of values than the first do.
        if (advice === undefined || (texts.length === LOOKED_AT && (await canHold(store, comparison)))) continue;
        notes.push(`the field "${name}" of ${shown} ${advice}`);
        break;
      }
      continue;
    }
    const some = await store.list();
    if (some.length === 0) return undefined;
    const names = new Set(some.flatMap(({ metadata }) => fieldNames(metadata)));
    const nearest = nearestSpelling(name, [...names]);
    const there = nearest ? `did you mean "${nearest}"?` : `they have ${[...names].slice(0, 20).join(', ') || 'none'}`;
    notes.push(`no text has the field "${name}" of ${shown}; ${there}`);
  }
  return notes;
}

/** Tells of the conditions of searches in a store, see `conditionNotes`. */
export class ConditionTeller {
  readonly #store: TextStore;
  readonly #shown: string;
  /** Conditions without their values that were looked at for a warning. */
  readonly #seen = new Set<string>();

  /** @param shown - what a condition is called where it is given; `"where"` if omitted */
  constructor(store: TextStore, shown = '"where"') {
    this.#store = store;
    this.#shown = shown;
  }

  /**
   * Tells of a condition by which so many texts were found. One that needs all of its parts says what is meant as soon as it finds a text: looking
   * takes a search, so only others are looked at then.
   *
   * @param onNote - gets each sentence; if omitted it is a warning, once for conditions that differ in their values only
   */
  async tell(where: Filter | undefined, found: number, onNote?: (note: string) => void): Promise<void> {
    if (!where || (found > 0 && needsAll(where))) return;
    const kind = JSON.stringify(where, (key, value) => (key === 'value' ? kindOf(value) : value));
    if (!onNote && (this.#seen.has(kind) || this.#seen.size >= MOST_SEEN)) return;
    const notes = await notesOf(this.#store, where, this.#shown);
    if (!onNote && notes) this.#seen.add(kind);
    for (const text of notes ?? []) (onNote ?? tellWarning)(text);
  }
}

/** Whether a condition finds nothing as soon as one comparison in it holds for no text: one with "or", "not" or "!=" may find other texts than were meant. */
export function needsAll(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.parts.every(needsAll);
  return filter.kind === 'exists' || (filter.kind === 'compare' && filter.operator !== '!=');
}

/** Names of fields, and of those in them, as a condition asks for them. */
function fieldNames(metadata: Metadata, levels = 3): string[] {
  return Object.entries(metadata).flatMap(([name, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || levels === 1) return [name];
    return [name, ...fieldNames(value as Metadata, levels - 1).map((inner) => `${name}.${inner}`)];
  });
}

/** What to say of a comparison that no value looked at can fulfil, whatever is in it; undefined where one can. */
function kindAdvice({ operator, value }: Comparison, values: readonly (JsonValue | undefined)[]): string | undefined {
  const kinds = new Set(values.filter((found) => found !== null).map(kindOf));
  if (kinds.size === 0) return undefined; // null in all of them tells nothing of the others
  const has = `holds ${[...kinds].join(' or ')}`;
  if (operator === 'contains') {
    const canHold = kinds.has('lists') || (kinds.has('text') && typeof value === 'string');
    return canHold ? undefined : `${has}: contains asks for a value of a list, or text in text`;
  }
  if (value === null || kinds.has(kindOf(value))) return undefined;
  const differs = `${has}, and ${JSON.stringify(value)} is none of it`;
  if (kinds.has('lists')) return `${differs}: ask with contains`;
  if (isWrittenAs(value, kinds)) return `${differs}: leave out the quotes`;
  return kinds.has('text') ? `${differs}: put it in quotes` : differs;
}

/** Whether any text may have what a comparison asks for. */
async function canHold(store: Pick<TextStore, 'list'>, { path, operator, value }: Comparison): Promise<boolean> {
  const compare = (one: Operator, other: Scalar) => ({ kind: 'compare', path, operator: one, value: other }) as const;
  const parts: Filter[] = [compare('=', true), compare('=', false)];
  let where: Filter = { kind: 'or', parts };
  if (operator === 'contains') where = compare(operator, value);
  else if (typeof value === 'number') where = compare('>=', -Number.MAX_VALUE);
  else if (typeof value === 'string') where = compare('>=', '');
  return (await store.list({ where, count: 1 })).length > 0;
}

/** Whether a text in quotes is what one of the kinds has without them. */
function isWrittenAs(value: JsonValue, kinds: ReadonlySet<string>): boolean {
  if (typeof value !== 'string') return false;
  return kinds.has('numbers') || (kinds.has('true or false') && ['true', 'false'].includes(value));
}

function kindOf(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return 'lists';
  const kinds: Record<string, string> = { string: 'text', number: 'numbers', boolean: 'true or false' };
  return kinds[typeof value] ?? 'objects';
}

function comparisonsIn(filter: Filter): Extract<Filter, { kind: 'compare' | 'exists' }>[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(comparisonsIn);
    case 'not':
      return comparisonsIn(filter.part);
    default:
      return [filter];
  }
}
