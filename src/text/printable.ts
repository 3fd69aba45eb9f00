/**
 * What moves the cursor of a terminal, changes its colours or the direction of its text, or breaks a line for some programs and not for
 * others; not the end of a line and tabs.
 */
const TERMINAL_CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/g;

/** Text of people and files so that a terminal shows it and obeys nothing in it; JSON stays the same JSON. */
export function printable(text: string): string {
  return text.replace(TERMINAL_CONTROLS, (character) => {
    return character === '\r' ? '\\r' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
