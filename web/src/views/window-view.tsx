import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Arc {
  readonly key: string;
  readonly path: string;
}

/** A sentence with arrows between the centre and its context. */
export function WindowView({
  tokens,
  centre,
  contexts,
  algorithm,
  label,
  onChoose,
}: {
  tokens: readonly string[];
  centre: number;
  contexts: readonly number[];
  algorithm: 'skip-gram' | 'cbow';
  label: string;
  onChoose: (place: number) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const [arcs, setArcs] = useState<{ arcs: readonly Arc[]; width: number; height: number }>({
    arcs: [],
    width: 1,
    height: 1,
  });
  const [size, setSize] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize(Math.round(entry.contentRect.width)));
    observer.observe(host.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const box = host.current!.getBoundingClientRect();
    const words = [...host.current!.querySelectorAll('button')];
    const top = (place: number): [number, number] => {
      const word = words[place].getBoundingClientRect();
      return [word.left - box.left + word.width / 2, word.top - box.top - 3];
    };
    if (!words[centre]) return;
    const made = contexts.flatMap((place) => {
      if (!words[place]) return [];
      const [from, to] = algorithm === 'skip-gram' ? [top(centre), top(place)] : [top(place), top(centre)];
      const lift = Math.min(54, 14 + Math.abs(from[0] - to[0]) / 5);
      const high = Math.min(from[1], to[1]) - lift;
      return [{ key: `${place}`, path: `M${from.join(' ')}C${from[0]} ${high} ${to[0]} ${high} ${to.join(' ')}` }];
    });
    setArcs({ arcs: made, width: box.width, height: box.height });
  }, [tokens.join(' '), centre, contexts.join(' '), algorithm, size]);
  return (
    <div ref={host} class={`window ${algorithm}`} role="group" aria-label={label}>
      <svg class="window-arrows" viewBox={`0 0 ${arcs.width} ${arcs.height}`} aria-hidden="true">
        <defs>
          <marker
            id="arrow-head"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        </defs>
        {arcs.arcs.map(({ key, path }) => (
          <path key={key} d={path} marker-end="url(#arrow-head)" />
        ))}
      </svg>
      {tokens.map((token, place) => (
        <button
          key={place}
          type="button"
          class={`token ${place === centre ? 'centre' : contexts.includes(place) ? 'context' : ''}`}
          aria-pressed={place === centre}
          onClick={() => onChoose(place)}
        >
          {token}
        </button>
      ))}
    </div>
  );
}
