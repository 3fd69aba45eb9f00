// Vectors of two dimensions as arrows that can be dragged.
import { useRef } from 'preact/hooks';

export interface Arrow {
  readonly key: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly kind: 'centre' | 'context' | 'target';
  /** Where it was before. */
  readonly from?: readonly [number, number] | undefined;
}

const SIZE = 360;
const MARGIN = 26;

/** The reach of the plane: the next whole step that holds all arrows. */
function reachOf(arrows: readonly Arrow[]): number {
  const most = Math.max(0.5, ...arrows.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]).filter(Number.isFinite));
  const step = 10 ** Math.floor(Math.log10(most));
  return Math.min(1e6, [1, 2, 5, 10].map((factor) => factor * step).find((reach) => reach >= most * 1.05) ?? 10 * step);
}

export function PlaneView({
  arrows,
  alt,
  onMove,
}: {
  arrows: readonly Arrow[];
  alt: string;
  onMove?: (key: string, x: number, y: number) => void;
}) {
  const svg = useRef<SVGSVGElement>(null);
  const dragged = useRef<string | undefined>(undefined);
  const reach = reachOf(arrows);
  const held = useRef(reach);
  // The scale stays while an arrow is dragged.
  if (dragged.current === undefined) held.current = reach;
  // Where nothing points to the left or down, the first quadrant has most of the room.
  const isFirstQuadrant = useRef(true);
  if (dragged.current === undefined) isFirstQuadrant.current = arrows.every(({ x, y }) => x >= 0 && y >= 0);
  const low = isFirstQuadrant.current ? -0.25 : -1;
  const scale = (SIZE - 2 * MARGIN) / ((1 - low) * held.current);
  const origin: [number, number] = [MARGIN - low * held.current * scale, SIZE - MARGIN + low * held.current * scale];
  const place = (value: number) => Math.max(-1e4, Math.min(1e4, value * scale));
  const toPlane = (event: PointerEvent): [number, number] => {
    const box = svg.current!.getBoundingClientRect();
    const at = (offset: number, length: number, middle: number) => ((offset / length) * SIZE - middle) / scale;
    const round = (value: number) => Math.round(value * 100) / 100;
    return [
      round(at(event.clientX - box.left, box.width, origin[0])),
      round(-at(event.clientY - box.top, box.height, origin[1])),
    ];
  };
  const labels = placeLabels(arrows.map(({ x, y }) => [place(x), -place(y)]));
  return (
    <svg
      ref={svg}
      class="plane"
      viewBox={`${-origin[0]} ${-origin[1]} ${SIZE} ${SIZE}`}
      role="img"
      aria-label={alt}
      onPointerMove={(event) => {
        if (dragged.current !== undefined) onMove?.(dragged.current, ...toPlane(event));
      }}
      onPointerUp={() => {
        dragged.current = undefined;
      }}
    >
      <Grid reach={held.current} low={low} scale={scale} />
      {arrows.map((arrow, i) => {
        const [x, y] = [place(arrow.x), -place(arrow.y)];
        const length = Math.hypot(x, y) || 1;
        const [dx, dy] = [x / length, y / length];
        const tip = `${x},${y} ${x - 9 * dx - 4 * dy},${y - 9 * dy + 4 * dx} ${x - 9 * dx + 4 * dy},${y - 9 * dy - 4 * dx}`;
        return (
          <g key={arrow.key} class={`arrow ${arrow.kind} ${onMove ? 'movable' : ''}`}>
            {arrow.from && <line class="was" x1="0" y1="0" x2={place(arrow.from[0])} y2={-place(arrow.from[1])} />}
            {arrow.from && <line class="moved" x1={place(arrow.from[0])} y1={-place(arrow.from[1])} x2={x} y2={y} />}
            <line x1="0" y1="0" x2={x - 6 * dx} y2={y - 6 * dy} />
            <polygon points={tip} />
            <text x={labels[i].x} y={labels[i].y} text-anchor={labels[i].isLeft ? 'end' : 'start'}>
              {arrow.label}
            </text>
            {onMove && (
              <circle
                cx={x}
                cy={y}
                r="16"
                class="handle"
                onPointerDown={(event) => {
                  dragged.current = arrow.key;
                  svg.current?.setPointerCapture(event.pointerId);
                  event.preventDefault();
                }}
              />
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Beside the tips, none on another. */
function placeLabels(tips: readonly (readonly [number, number])[]): { x: number; y: number; isLeft: boolean }[] {
  const placed: { x: number; y: number; isLeft: boolean }[] = [];
  for (const [x, y] of tips) {
    const length = Math.hypot(x, y) || 1;
    const isLeft = x / length < -0.3;
    const label = { x: x + (12 * x) / length + (isLeft ? -2 : 2), y: y + (12 * y) / length + 4, isLeft };
    while (placed.some((other) => Math.abs(other.x - label.x) < 70 && Math.abs(other.y - label.y) < 14)) label.y -= 14;
    placed.push(label);
  }
  return placed;
}

function Grid({ reach, low, scale }: { reach: number; low: number; scale: number }) {
  const lines = [-1, -0.5, 0, 0.5, 1].filter((part) => part >= low);
  const [from, to] = [low * reach * scale, reach * scale];
  const name = Number(reach.toPrecision(3));
  return (
    <g class="grid">
      {lines.map((part) => (
        <g key={part} class={part === 0 ? 'axis' : ''}>
          <line x1={part * to} x2={part * to} y1={-from} y2={-to} />
          <line y1={-part * to} y2={-part * to} x1={from} x2={to} />
        </g>
      ))}
      <text x={to} y={-from + 16} text-anchor="end">
        {name}
      </text>
      <text x={0} y={-from + 16} text-anchor="middle">
        0
      </text>
      <text x={from} y={-to - 8}>
        {name}
      </text>
    </g>
  );
}
