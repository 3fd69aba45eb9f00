const SIZE = 300;
const MARGIN = 46;
/** The points with words: a, b, c and the answer. */
const LABELLED = [0, 1, 2, 4];
/** Labels of points that are nearer than this would meet. */
const NEAR = { x: 70, y: 30 };

/** a, b, c, the point b − a + c and the answer, in the plane through a, b and c. */
export function ParallelogramView({
  words,
  points,
  alt,
}: {
  words: readonly string[];
  points: readonly number[];
  alt: string;
}) {
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (SIZE - 2 * MARGIN) / (Math.max(right - left, high - low) || 1);
  const x = (place: number) => MARGIN + (xs[place] - left) * scale;
  const y = (place: number) => SIZE - MARGIN - (ys[place] - low) * scale;
  const line = (from: number, to: number, kind: string) => (
    <line class={kind} x1={x(from)} y1={y(from)} x2={x(to)} y2={y(to)} />
  );
  /** Of two points that are near each other the lower one has its word below. */
  const isBelow = (place: number) =>
    LABELLED.some(
      (other) =>
        other !== place &&
        Math.abs(x(other) - x(place)) < NEAR.x &&
        Math.abs(y(other) - y(place)) < NEAR.y &&
        (y(place) > y(other) || (y(place) === y(other) && place > other)),
    );
  const height = Math.max(120, (high - low) * scale + 2 * MARGIN);
  return (
    <svg class="parallelogram" viewBox={`-30 ${SIZE - height} ${SIZE + 60} ${height}`} role="img" aria-label={alt}>
      {line(0, 1, 'side first')}
      {line(2, 3, 'side first')}
      {line(0, 2, 'side')}
      {line(1, 3, 'side')}
      {line(3, 4, 'gap')}
      <circle class="wanted" cx={x(3)} cy={y(3)} r="7" />
      {LABELLED.map((place, i) => (
        <g key={place} class={place === 4 ? 'answer' : ''}>
          <circle cx={x(place)} cy={y(place)} r="5" />
          <text x={x(place)} y={y(place) + (isBelow(place) ? 22 : -12)} text-anchor="middle">
            {words[i]}
          </text>
        </g>
      ))}
    </svg>
  );
}
