import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from './actions.ts';
import type { Plane } from './engine/api.ts';
import { TUTORIAL_PLANE } from './planes.ts';
import { useStore } from './state.ts';

export type Source = 'tutorial' | 'yours';
const READERS_WORDS = 6;

/** The plane that a step works on: the tutorial's words, or words of the text with random vectors of the engine. */
export function usePlane() {
  const vocabulary = useStore((state) => state.vocabulary);
  const [source, setSource] = useState<Source>('tutorial');
  const [plane, setPlane] = useState<Plane>(TUTORIAL_PLANE);
  const [first, setFirst] = useState<Plane>(TUTORIAL_PLANE);
  const words = (vocabulary?.examples ?? []).slice(0, READERS_WORDS);
  const begin = (start: Plane) => {
    setFirst(start);
    setPlane(start);
  };
  useEffect(() => {
    if (source === 'tutorial') return begin(TUTORIAL_PLANE);
    let isCurrent = true;
    void attempt(async () => {
      const drawn = await engine.startVectors({
        words: words.length,
        dimensions: 2,
        initial: 'uniform',
        initialOutput: 'uniform',
        initialScale: 0.9,
        seed: 1,
      });
      const rounded = (matrix: Float32Array) => Array.from(matrix, (value) => Math.round(value * 100) / 100);
      if (isCurrent) begin({ words, dimensions: 2, inputs: rounded(drawn.inputs), outputs: rounded(drawn.outputs) });
    });
    return () => {
      isCurrent = false;
    };
  }, [source, words.join(' ')]);
  return { source, setSource, plane, setPlane, first, hasWords: words.length >= 3 };
}
