// A map of words: points with labels that do not overlap, to be moved, zoomed, picked and circled.
import {
  type Camera,
  type PointPainter,
  type Points,
  paintPoints,
  pixelPainter,
  webglPainter,
} from './point-painter.ts';

export interface WordMapEvents {
  /** The graphics card has dropped the map; it is drawn without it from here on. */
  onLost?(): void;
  onPick?(id: number): void;
  onLasso?(ids: readonly number[]): void;
}

/** Labels on a map of usual size, and words that are tried for them. */
const PIXELS_PER_LABEL = 9000;
const LABEL_CANDIDATES = 300;
const FONT = '500 12px system-ui, "Noto Sans CJK SC", sans-serif';
const MARKED_FONT = '700 13px system-ui, "Noto Sans CJK SC", sans-serif';
const [LABEL_HEIGHT, LABEL_BASELINE] = [20, 15];
const SPRITE_RATIO = 2;
const MOST_SPRITES = 1000;
/** After so long in one frame no more points are painted, and no word is measured or drawn for the first time, but one; the others follow in the next frames. */
const FRAME_MS = 5;
const PICK_PIXELS = 14;
const ZOOM_STEP = 1.25;
const [LEAST_ZOOM, MOST_ZOOM] = [0.5, 200];

interface Colours {
  readonly ink: string;
  readonly halo: string;
  readonly accent: string;
  readonly point: [number, number, number];
  readonly marked: [number, number, number];
  readonly groups: readonly [number, number, number][];
}

export class WordMap {
  readonly #host: HTMLElement;
  readonly #events: WordMapEvents;
  #base: HTMLCanvasElement;
  readonly #labels: HTMLCanvasElement;
  #painter: PointPainter;
  #colours: Colours;
  #words: readonly string[] = [];
  #points: Points = { positions: new Float32Array(), colours: new Uint8Array(), sizes: new Float32Array() };
  #groups: Uint8Array | undefined;
  #marked: ReadonlySet<number> = new Set();
  #zoom = 1;
  #centre: [number, number] = [0, 0];
  #width = 1;
  #height = 1;
  #ratio = 1;
  #frame = 0;
  /** The points are not as they were painted, or lie elsewhere. */
  #isStale = true;
  /** The painter has begun a picture, and goes on with it in the next frame. */
  #isPainting = false;
  #lasso: [number, number][] | undefined;
  #frames = 0;
  isLassoing = false;
  readonly #widths = new Map<string, number>();
  readonly #sprites = new Map<string, HTMLCanvasElement>();
  readonly #observer: ResizeObserver;
  readonly #theme: MutationObserver;
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #recolour = () => this.#readColours();

  constructor(host: HTMLElement, events: WordMapEvents = {}) {
    this.#host = host;
    this.#events = events;
    this.#base = this.#addCanvas();
    this.#labels = this.#addCanvas();
    this.#colours = coloursOf(host);
    this.#painter = webglPainter(this.#base, () => this.#fallBack()) ?? pixelPainter(this.#freshBase());
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(host);
    this.#theme = new MutationObserver(this.#recolour);
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.#dark.addEventListener('change', this.#recolour);
    this.#listen();
    this.#resize();
  }

  #addCanvas(): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    this.#host.append(canvas);
    return canvas;
  }

  /** A canvas that has had no context yet, in place of the one that has. */
  #freshBase(): HTMLCanvasElement {
    const fresh = this.#base.cloneNode() as HTMLCanvasElement;
    this.#base.replaceWith(fresh);
    this.#base = fresh;
    return fresh;
  }

  #fallBack(): void {
    this.#painter = pixelPainter(this.#freshBase());
    this.#isPainting = false;
    this.#events.onLost?.();
    this.#resize();
  }

  setWords(words: readonly string[]): void {
    if (words === this.#words) return;
    this.#words = words;
    this.#marked = new Set();
    this.#groups = undefined;
    this.#dress();
  }

  setPositions(positions: Float32Array): void {
    this.#points = { ...this.#points, positions };
    if (this.#points.sizes.length * 2 !== positions.length) this.#dress();
    this.#painter.refresh('positions');
    this.draw();
  }

  /** A group of each word, which tells its colour; 255 is none. */
  setGroups(groups: Uint8Array | undefined): void {
    this.#groups = groups;
    this.#dress();
  }

  setMarked(ids: Iterable<number>): void {
    this.#marked = new Set(ids);
    this.#dress();
  }

  get words(): readonly string[] {
    return this.#words;
  }

  zoomBy(factor: number, at: readonly [number, number] = [this.#width / 2, this.#height / 2]): void {
    const before = this.#toPlane(at);
    this.#zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, this.#zoom * factor));
    const after = this.#toPlane(at);
    this.#centre = [this.#centre[0] + before[0] - after[0], this.#centre[1] + before[1] - after[1]];
    this.draw();
  }

  moveBy(x: number, y: number): void {
    const { scale } = this.#camera();
    this.#centre = [this.#centre[0] - x / scale, this.#centre[1] + y / scale];
    this.draw();
  }

  showAll(): void {
    this.#zoom = 1;
    this.#centre = [0, 0];
    this.draw();
  }

  /** Brings a word to the middle. */
  jumpTo(id: number): void {
    this.#centre = [this.#points.positions[2 * id], this.#points.positions[2 * id + 1]];
    this.#zoom = Math.max(this.#zoom, 6);
    this.draw();
  }

  idsInView(): number[] {
    return this.#idsWhere((x, y) => x >= 0 && y >= 0 && x <= this.#width && y <= this.#height);
  }

  draw(): void {
    this.#isStale = true;
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  async png(): Promise<Blob | null> {
    const canvas = document.createElement('canvas');
    const ratio = 2;
    canvas.width = this.#width * ratio;
    canvas.height = this.#height * ratio;
    const context = canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    context.fillStyle = this.#colours.halo;
    context.fillRect(0, 0, this.#width, this.#height);
    paintPoints(context, this.#points, this.#camera(), this.#width, this.#height);
    this.#paintLabels(context);
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  }

  svg(): string {
    const { positions, colours, sizes } = this.#points;
    const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
    const circles = this.idsInView().map((id) => {
      const [x, y] = this.#toScreen(positions[2 * id], positions[2 * id + 1]);
      const colour = `rgb(${colours[4 * id]},${colours[4 * id + 1]},${colours[4 * id + 2]})`;
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${sizes[id] / 2}" fill="${colour}" fill-opacity="${(colours[4 * id + 3] / 255).toFixed(2)}"/>`;
    });
    const texts = this.#placeLabels().map(
      ({ word, x, y, isMarked }) =>
        `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${isMarked ? this.#colours.accent : this.#colours.ink}" font-weight="${isMarked ? 700 : 500}">${escaped(word)}</text>`,
    );
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.#width} ${this.#height}" font-family="system-ui, sans-serif" font-size="12"><rect width="100%" height="100%" fill="${this.#colours.halo}"/>${circles.join('')}${texts.join('')}</svg>`;
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#theme.disconnect();
    this.#dark.removeEventListener('change', this.#recolour);
    this.#painter.close();
    this.#host.replaceChildren();
  }

  #readColours(): void {
    this.#colours = coloursOf(this.#host);
    this.#sprites.clear();
    this.#dress();
  }

  /** Colours and sizes of the points, by their groups and marks. */
  #dress(): void {
    const count = this.#points.positions.length / 2;
    const colours = new Uint8Array(4 * count);
    const sizes = new Float32Array(count);
    const small = count > 30_000 ? 2.2 : count > 5000 ? 3 : count > 500 ? 4.5 : 7;
    for (let id = 0; id < count; id++) {
      const group = this.#groups?.[id] ?? 255;
      const isMarked = this.#marked.has(id);
      const [red, green, blue] = isMarked
        ? this.#colours.marked
        : group === 255
          ? this.#colours.point
          : this.#colours.groups[group % this.#colours.groups.length];
      colours.set([red, green, blue, isMarked ? 255 : this.#marked.size > 0 ? 90 : 150], 4 * id);
      sizes[id] = isMarked ? Math.max(7, 2 * small) : small;
    }
    this.#points = { ...this.#points, colours, sizes };
    this.#painter.refresh();
    this.draw();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#host;
    this.#width = Math.max(1, clientWidth);
    this.#height = Math.max(1, clientHeight);
    this.#ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.#base, this.#labels]) {
      canvas.width = Math.round(this.#width * this.#ratio);
      canvas.height = Math.round(this.#height * this.#ratio);
    }
    this.draw();
  }

  #camera(): Camera {
    const scale = (Math.min(this.#width, this.#height) / 2 - 24) * this.#zoom;
    return { scale, x: this.#width / 2 - this.#centre[0] * scale, y: this.#height / 2 + this.#centre[1] * scale };
  }

  #toScreen(x: number, y: number): [number, number] {
    const camera = this.#camera();
    return [x * camera.scale + camera.x, -y * camera.scale + camera.y];
  }

  #toPlane([x, y]: readonly [number, number]): [number, number] {
    const camera = this.#camera();
    return [(x - camera.x) / camera.scale, -(y - camera.y) / camera.scale];
  }

  #idsWhere(holds: (x: number, y: number) => boolean): number[] {
    const { positions } = this.#points;
    const camera = this.#camera();
    const ids: number[] = [];
    for (let id = 0; 2 * id < positions.length; id++) {
      if (holds(positions[2 * id] * camera.scale + camera.x, -positions[2 * id + 1] * camera.scale + camera.y))
        ids.push(id);
    }
    return ids;
  }

  #drawNow(): void {
    this.#frame = 0;
    const end = performance.now() + FRAME_MS;
    if (this.#isStale || this.#isPainting) {
      if (!this.#isPainting) this.#isStale = false;
      this.#isPainting = !this.#painter.paint(this.#points, this.#camera(), this.#ratio, end);
      if (this.#isPainting || this.#isStale) this.#drawSoon();
      if (this.#isPainting) return;
      // For measurements (bench/page.mjs).
      this.#host.dataset.frames = String(++this.#frames);
      this.#host.dataset.words = String(this.#points.positions.length / 2);
    }
    const context = this.#labels.getContext('2d')!;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    this.#paintLabels(context, end);
    if (this.#lasso) {
      context.strokeStyle = this.#colours.accent;
      context.setLineDash([4, 3]);
      context.beginPath();
      for (const [x, y] of this.#lasso) context.lineTo(x, y);
      context.stroke();
      context.setLineDash([]);
    }
  }

  /** @param end - from then on, by `performance.now`, what takes long waits for the next frame */
  #paintLabels(context: CanvasRenderingContext2D, end = Infinity): void {
    let drawn = 0;
    for (const { word, x, y, isMarked } of this.#placeLabels(end)) {
      const key = isMarked ? `\0${word}` : word;
      let sprite = this.#sprites.get(key);
      if (!sprite) {
        if (drawn++ > 0 && performance.now() > end) {
          this.#drawSoon();
          continue;
        }
        sprite = this.#drawSprite(word, isMarked);
        if (this.#sprites.size > MOST_SPRITES) this.#sprites.clear();
        this.#sprites.set(key, sprite);
      }
      context.drawImage(sprite, x - 2, y - LABEL_BASELINE, sprite.width / SPRITE_RATIO, sprite.height / SPRITE_RATIO);
    }
  }

  /** A label as a picture: its outline is drawn once, not at each frame. */
  #drawSprite(word: string, isMarked: boolean): HTMLCanvasElement {
    const sprite = document.createElement('canvas');
    sprite.width = Math.ceil((this.#widthOf(word) + 6) * SPRITE_RATIO);
    sprite.height = LABEL_HEIGHT * SPRITE_RATIO;
    const context = sprite.getContext('2d')!;
    context.scale(SPRITE_RATIO, SPRITE_RATIO);
    context.font = isMarked ? MARKED_FONT : FONT;
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeStyle = this.#colours.halo;
    context.fillStyle = isMarked ? this.#colours.accent : this.#colours.ink;
    context.strokeText(word, 2, LABEL_BASELINE);
    context.fillText(word, 2, LABEL_BASELINE);
    return sprite;
  }

  /** Marked words first, then by frequency: each beside its point, where no other label is. */
  #placeLabels(end = Infinity): { word: string; x: number; y: number; isMarked: boolean }[] {
    const { positions } = this.#points;
    const most = Math.max(12, Math.round((this.#width * this.#height) / PIXELS_PER_LABEL));
    const placed: { word: string; x: number; y: number; isMarked: boolean; width: number }[] = [];
    const count = Math.min(this.#words.length, positions.length / 2);
    const candidates = [...this.#marked].filter((id) => id < count);
    const camera = this.#camera();
    let tried = 0;
    let measured = 0;
    for (
      let place = 0;
      place < candidates.length + count && placed.length < most + this.#marked.size && tried < LABEL_CANDIDATES;
      place++
    ) {
      const isMarked = place < candidates.length;
      const id = isMarked ? candidates[place] : place - candidates.length;
      if (!isMarked && this.#marked.has(id)) continue;
      const x = positions[2 * id] * camera.scale + camera.x + 6;
      const y = -positions[2 * id + 1] * camera.scale + camera.y + 4;
      if (!(x > 0 && y > 10 && x < this.#width - 10 && y < this.#height)) continue;
      tried++;
      const word = this.#words[id];
      if (!this.#widths.has(word) && measured++ > 0 && performance.now() > end) {
        this.#drawSoon();
        continue;
      }
      const width = this.#widthOf(word);
      if (
        x + width > this.#width ||
        placed.some((other) => x < other.x + other.width + 4 && other.x < x + width + 4 && Math.abs(y - other.y) < 15)
      )
        continue;
      placed.push({ word, x, y, isMarked, width });
    }
    return placed;
  }

  #widthOf(word: string): number {
    let width = this.#widths.get(word);
    if (width === undefined) {
      const context = this.#labels.getContext('2d')!;
      context.font = MARKED_FONT;
      width = context.measureText(word).width;
      if (this.#widths.size > 20_000) this.#widths.clear();
      this.#widths.set(word, width);
    }
    return width;
  }

  #listen(): void {
    const host = this.#host;
    const at = (event: PointerEvent | WheelEvent): [number, number] => {
      const box = host.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let last: [number, number] | undefined;
    let moved = 0;
    const touches = new Map<number, [number, number]>();
    host.addEventListener('pointerdown', (event) => {
      host.setPointerCapture(event.pointerId);
      touches.set(event.pointerId, at(event));
      last = at(event);
      moved = 0;
      if (this.isLassoing) this.#lasso = [last];
    });
    host.addEventListener('pointermove', (event) => {
      if (!last || !touches.has(event.pointerId)) return;
      const here = at(event);
      const other = [...touches].find(([id]) => id !== event.pointerId)?.[1];
      const before = touches.get(event.pointerId)!;
      touches.set(event.pointerId, here);
      if (other) {
        // Two fingers zoom.
        this.zoomBy(
          Math.hypot(here[0] - other[0], here[1] - other[1]) /
            (Math.hypot(before[0] - other[0], before[1] - other[1]) || 1),
          other,
        );
        return;
      }
      moved += Math.hypot(here[0] - last[0], here[1] - last[1]);
      if (this.#lasso) {
        this.#lasso.push(here);
        this.draw();
      } else this.moveBy(here[0] - last[0], here[1] - last[1]);
      last = here;
    });
    host.addEventListener('pointerup', (event) => {
      touches.delete(event.pointerId);
      if (this.#lasso) this.#endLasso();
      else if (moved < 4) this.#pick(at(event));
      if (touches.size === 0) last = undefined;
    });
    host.addEventListener('pointercancel', (event) => touches.delete(event.pointerId));
    host.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, at(event));
      },
      { passive: false },
    );
    host.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #onKey(event: KeyboardEvent): void {
    const step = 40;
    const doings: Record<string, () => void> = {
      ArrowLeft: () => this.moveBy(step, 0),
      ArrowRight: () => this.moveBy(-step, 0),
      ArrowUp: () => this.moveBy(0, step),
      ArrowDown: () => this.moveBy(0, -step),
      '+': () => this.zoomBy(ZOOM_STEP),
      '=': () => this.zoomBy(ZOOM_STEP),
      '-': () => this.zoomBy(1 / ZOOM_STEP),
      '0': () => this.showAll(),
    };
    if (!doings[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    doings[event.key]();
  }

  #pick([x, y]: readonly [number, number]): void {
    const { positions } = this.#points;
    const camera = this.#camera();
    let best = -1;
    let nearest = PICK_PIXELS ** 2;
    for (let id = 0; 2 * id < positions.length; id++) {
      const square =
        (positions[2 * id] * camera.scale + camera.x - x) ** 2 +
        (-positions[2 * id + 1] * camera.scale + camera.y - y) ** 2;
      if (square < nearest) {
        nearest = square;
        best = id;
      }
    }
    if (best >= 0) this.#events.onPick?.(best);
  }

  #endLasso(): void {
    const line = this.#lasso ?? [];
    this.#lasso = undefined;
    this.draw();
    if (line.length < 3) return;
    this.#events.onLasso?.(
      this.#idsWhere((x, y) => {
        let isInside = false;
        for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
          const [[xi, yi], [xj, yj]] = [line[i], line[j]];
          if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) isInside = !isInside;
        }
        return isInside;
      }),
    );
  }
}

/** The colours of the theme, as the host's style has them. */
function coloursOf(host: HTMLElement): Colours {
  const style = getComputedStyle(host);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const numbers = (name: string): [number, number, number] => {
    const colour = value(name);
    return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) || 0) as [number, number, number];
  };
  return {
    ink: value('--ink'),
    halo: value('--paper'),
    accent: value('--second'),
    point: numbers('--first'),
    marked: numbers('--second'),
    groups: Array.from({ length: 10 }, (_, group) => numbers(`--group-${group}`)),
  };
}
