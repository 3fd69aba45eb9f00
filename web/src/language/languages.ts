import { useStore } from '../state.ts';
import { en } from './en.ts';
import type { Language, Texts } from './texts.ts';
import { zh } from './zh.ts';

export { LANGUAGES, type Language, type Texts } from './texts.ts';

const TEXTS: Readonly<Record<Language, Texts>> = { en, zh };

export function textsOf(language: Language): Texts {
  return TEXTS[language];
}

export function useTexts(): Texts {
  return textsOf(useStore(({ language }) => language));
}

/** The language that the browser asks for. */
export function preferredLanguage(): Language {
  return navigator.languages.some((tag) => /^zh\b/i.test(tag)) && !/^en\b/i.test(navigator.language) ? 'zh' : 'en';
}

const number = new Intl.NumberFormat('en');

/** A whole number with its thousands apart. */
export function whole(value: number): string {
  return number.format(Math.round(value));
}

/** A number with so many digits behind the point; what is no number as it is. */
export function decimal(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6 || (magnitude > 0 && magnitude < 10 ** -digits / 2))
    return value.toExponential(2).replaceAll('-', '−').replace('e+', 'e');
  return value.toFixed(digits).replace('-', '−');
}

/** A similarity, or a part of one: what is next to nothing is 0. */
export function similar(value: number, digits = 3): string {
  return Math.abs(value) < 10 ** -digits / 2 ? (0).toFixed(digits) : decimal(value, digits);
}

export function percent(share: number, digits = 0): string {
  return `${(100 * share).toFixed(digits)} %`;
}

export function bytes(byteLength: number): string {
  if (byteLength < 1000) return `${byteLength} B`;
  if (byteLength < 1e6) return `${(byteLength / 1e3).toFixed(byteLength < 1e4 ? 1 : 0)} kB`;
  if (byteLength < 1e9) return `${(byteLength / 1e6).toFixed(byteLength < 1e7 ? 1 : 0)} MB`;
  return `${(byteLength / 1e9).toFixed(1)} GB`;
}
