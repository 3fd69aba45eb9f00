import type { en } from './en.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same keys with texts of any wording. */
type Wording<Part> = Part extends string
  ? string
  : Part extends (...args: infer Arguments) => string
    ? (...args: Arguments) => string
    : { readonly [Name in keyof Part]: Wording<Part[Name]> };
export type Texts = Wording<typeof en>;
