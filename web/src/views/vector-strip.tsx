// A vector as a row of cells: the colour tells the sign, its strength the size.
import { decimal } from '../language/languages.ts';

export function VectorStrip({ values, scale, label }: { values: ArrayLike<number>; scale: number; label: string }) {
  const cells = Array.from(values);
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${cells.length * 10} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${cells
        .slice(0, 4)
        .map((value) => decimal(value, 4))
        .join(', ')} …`}
    >
      {cells.map((value, i) => (
        <rect
          key={i}
          x={i * 10 + 0.5}
          y="0.5"
          width="9"
          height="9"
          class={value < 0 ? 'minus' : 'plus'}
          fill-opacity={Math.min(1, Math.abs(value) / (scale || 1)).toFixed(3)}
        >
          <title>{decimal(value, 4)}</title>
        </rect>
      ))}
    </svg>
  );
}
