export interface ShownToken {
  readonly text: string;
  readonly isPale?: boolean;
  readonly note?: string | undefined;
  /** Shown beside it. */
  readonly number?: string | undefined;
  /** How strongly it is coloured, −1 to 1. */
  readonly strength?: number;
}

/** Words in a row, each in a box of its own. */
export function TokensView({ tokens }: { tokens: readonly ShownToken[] }) {
  return (
    <ul class="tokens">
      {tokens.map(({ text, isPale, note, number, strength }, place) => (
        <li
          key={place}
          class={`token ${isPale ? 'pale' : ''} ${strength === undefined ? '' : `strength-${strength < 0 ? 'minus' : Math.min(5, Math.round(strength * 5))}`}`}
          title={note}
        >
          {text}
          {number !== undefined && <small> {number}</small>}
        </li>
      ))}
    </ul>
  );
}
