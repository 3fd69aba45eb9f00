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

export function PlaneView({ arrows, alt, onMove }: { arrows: readonly Arrow[]; alt: string; onMove?: (key: string, x: number, y: number) => void }) {
  const svg = useRef<SVGSVGElement>(null);
  const dragged = useRef<string | undefined>(undefined);
  const reach = reachOf(arrows);
  const held = useRef(reach);
  // The scale stays while an arrow is dragged.
  if (dragged.current === undefined) held.current = reach;
  const scale = (SIZE / 2 - MARGIN) / held.current;
  const place = (value: number) => Math.max(-1e4, Math.min(1e4, value * scale));
  const toPlane = (event: PointerEvent): [number, number] => {
    const box = svg.current!.getBoundingClientRect();
    const at = (offset: number, length: number) => ((offset / length) * SIZE - SIZE / 2) / scale;
    const round = (value: number) => Math.round(value * 100) / 100;
    return [round(at(event.clientX - box.left, box.width)), round(-at(event.clientY - box.top, box.height))];
  };
  return (
    <svg
      ref={svg}
      class="plane"
      viewBox={`${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`}
      role="img"
      aria-label={alt}
      onPointerMove={(event) => {
        if (dragged.current !== undefined) onMove?.(dragged.current, ...toPlane(event));
      }}
      onPointerUp={() => {
        dragged.current = undefined;
      }}
    >
      <Grid reach={held.current} scale={scale} />
      {arrows.map((arrow) => {
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
            <text x={x + 8 * dx + (dx < -0.3 ? -4 : 4)} y={y + 12 * dy + 4} text-anchor={dx < -0.3 ? 'end' : 'start'}>
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

function Grid({ reach, scale }: { reach: number; scale: number }) {
  const lines = [-1, -0.5, 0, 0.5, 1];
  const edge = reach * scale;
  return (
    <g class="grid">
      {lines.map((part) => (
        <g key={part} class={part === 0 ? 'axis' : ''}>
          <line x1={part * edge} x2={part * edge} y1={-edge} y2={edge} />
          <line y1={part * edge} y2={part * edge} x1={-edge} x2={edge} />
        </g>
      ))}
      <text x={edge} y={edge + 16} text-anchor="end">
        {Number(reach.toPrecision(3))}
      </text>
      <text x={-edge} y={edge + 16}>
        {`−${Number(reach.toPrecision(3))}`}
      </text>
    </g>
  );
}
