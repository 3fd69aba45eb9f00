// Curves with axes: few hundred points, drawn as SVG so that they follow the theme and are sharp everywhere.

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly kind: 'first' | 'second';
}

const [WIDTH, HEIGHT] = [440, 210];
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 12, 12, 30];
/** More points are not seen. */
const MOST_POINTS = 400;

/** Round numbers between two values. */
function ticks(low: number, high: number): number[] {
  const span = high - low || 1;
  const magnitude = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => span / size <= 5) ?? magnitude;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

export function CurvesView({
  curves,
  alt,
  xAxis,
  xMaximum,
  showX,
}: {
  curves: readonly Curve[];
  alt: string;
  xAxis: string;
  xMaximum: number;
  showX: (x: number) => string;
}) {
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const isEmpty = values.length === 0;
  const margin = (most - least || Math.abs(most) || 1) * 0.08;
  const [low, high] = isEmpty ? [0, 1] : [least - margin, most + margin];
  const toX = (x: number) => LEFT + (x / (xMaximum || 1)) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number) => TOP + ((high - y) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const path = ({ points }: Curve) => {
    const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
    return points
      .filter(([, y], i) => Number.isFinite(y) && (i % every === 0 || i === points.length - 1))
      .map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`)
      .join('');
  };
  return (
    <figure class="curves">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={alt}>
        {ticks(low, high).map((y) => (
          <g key={y} class="tick">
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={toY(y)} y2={toY(y)} />
            <text x={LEFT - 8} y={toY(y) + 4} text-anchor="end">
              {Number(y.toPrecision(4))}
            </text>
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <text
            key={part}
            class="tick-x"
            x={toX(part * xMaximum)}
            y={HEIGHT - 10}
            text-anchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
          >
            {part === 0.5 ? xAxis : part === 0 || part === 1 ? showX(part * xMaximum) : ''}
          </text>
        ))}
        {curves.map((curve) => (
          <g key={curve.name} class={`curve ${curve.kind}`}>
            <path d={path(curve)} />
            {curve.points.length > 0 &&
              curve.points.length <= 60 &&
              curve.points
                .filter(([, y]) => Number.isFinite(y))
                .map(([x, y]) => <circle key={x} cx={toX(x)} cy={toY(y)} r="2.5" />)}
          </g>
        ))}
      </svg>
      {curves.length > 1 && (
        <figcaption>
          {curves.map(({ name, kind }) => (
            <span key={name} class={`legend ${kind}`}>
              {name}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}
