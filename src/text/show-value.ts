const MOST_CHARACTERS = 60;

/** A value as a message shows it: short texts and numbers as they are, of everything else what it is. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    const shown = JSON.stringify(value.slice(0, MOST_CHARACTERS));
    return value.length > MOST_CHARACTERS ? `${shown.slice(0, -1)}…"` : shown;
  }
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Promise) return 'a Promise (await it)';
  if (ArrayBuffer.isView(value)) return `${withArticle(classOf(value))} of ${value.byteLength} bytes`;
  const name = classOf(value);
  return name === 'Object' ? 'an object' : withArticle(name);
}

function classOf(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'Object';
}

function withArticle(name: string): string {
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}
