export interface ShownToken {
  readonly text: string;
  readonly isPale?: boolean;
  readonly note?: string | undefined;
  /** How strongly it is coloured, −1 to 1. */
  readonly strength?: number;
}

/** Words in a row, each in a box of its own. */
export function TokensView({ tokens }: { tokens: readonly ShownToken[] }) {
  return (
    <ul class="tokens">
      {tokens.map(({ text, isPale, note, strength }, place) => (
        <li
          key={place}
          class={`token ${isPale ? 'pale' : ''} ${strength === undefined ? '' : `strength-${strength < 0 ? 'minus' : Math.min(5, Math.round(strength * 5))}`}`}
          title={note}
        >
          {text}
        </li>
      ))}
    </ul>
  );
}
