import type { Ref } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../language/languages.ts';
import { WordMap } from './word-map.ts';

/** A map of words; `map` gives its owner the hand on it. */
export function MapView({
  words,
  positions,
  groups,
  marked,
  isLassoing = false,
  alt,
  map,
  onPick,
  onLasso,
}: {
  words: readonly string[];
  positions: Float32Array;
  groups?: Uint8Array | undefined;
  marked?: readonly number[] | undefined;
  isLassoing?: boolean;
  alt: string;
  map?: { current: WordMap | undefined };
  onPick?: (id: number) => void;
  onLasso?: (ids: readonly number[]) => void;
}) {
  const texts = useTexts();
  const host = useRef<HTMLDivElement>(null);
  const own = useRef<WordMap | undefined>(undefined);
  const events = useRef({ onPick, onLasso });
  events.current = { onPick, onLasso };
  const [isLost, setLost] = useState(false);

  useEffect(() => {
    const made = new WordMap(host.current!, {
      onLost: () => setLost(true),
      onPick: (id) => events.current.onPick?.(id),
      onLasso: (ids) => events.current.onLasso?.(ids),
    });
    own.current = made;
    if (map) map.current = made;
    return () => {
      made.close();
      own.current = undefined;
      if (map) map.current = undefined;
    };
  }, []);
  useEffect(() => {
    own.current?.setWords(words);
    own.current?.setPositions(positions);
  }, [words, positions]);
  useEffect(() => own.current?.setGroups(groups), [groups, words]);
  useEffect(() => own.current?.setMarked(marked ?? []), [marked, words]);
  useEffect(() => {
    if (own.current) own.current.isLassoing = isLassoing;
  }, [isLassoing]);

  return (
    <div class="map">
      <div
        ref={host as Ref<HTMLDivElement>}
        class={`map-host ${isLassoing ? 'lasso' : ''}`}
        role="group"
        aria-label={`${alt}. ${texts.trainStep.mapHint}`}
        tabIndex={0}
      />
      <div class="map-buttons">
        <button
          type="button"
          aria-label={texts.playground.zoomIn}
          title={texts.playground.zoomIn}
          onClick={() => own.current?.zoomBy(1.6)}
        >
          +
        </button>
        <button
          type="button"
          aria-label={texts.playground.zoomOut}
          title={texts.playground.zoomOut}
          onClick={() => own.current?.zoomBy(1 / 1.6)}
        >
          −
        </button>
        <button
          type="button"
          aria-label={texts.playground.fit}
          title={texts.playground.fit}
          onClick={() => own.current?.showAll()}
        >
          ⤢
        </button>
      </div>
      {isLost && <p class="note map-note">{texts.playground.lostContext}</p>}
    </div>
  );
}
