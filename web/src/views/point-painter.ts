// Points on a canvas: by WebGL where a graphics card draws it, or else pixel by pixel.

/** What is drawn: x and y of each point, its colour and its size. */
export interface Points {
  readonly positions: Float32Array;
  /** Red, green, blue, alpha of each point, 0 to 255. */
  readonly colours: Uint8Array;
  /** Of each point, in pixels of the page. */
  readonly sizes: Float32Array;
}

/** Where the plane lies on the canvas, in pixels of the page: screen = point × scale + offset; y points upwards. */
export interface Camera {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface PointPainter {
  /**
   * @param end - by `performance.now`: a picture that is not complete then is shown by a later call, which goes on with the same points and camera
   * @returns whether the picture is shown
   */
  paint(points: Points, camera: Camera, ratio: number, end: number): boolean;
  /** The points have changed since they were painted: their positions alone, or all of them. */
  refresh(what?: 'positions'): void;
  close(): void;
}

const VERTEX = `
attribute vec2 position; attribute vec4 colour; attribute float size;
uniform vec2 canvas; uniform vec3 camera; uniform float ratio;
varying vec4 tint;
void main() {
  vec2 screen = vec2(position.x * camera.x + camera.y, -position.y * camera.x + camera.z);
  gl_Position = vec4(screen.x / canvas.x * 2.0 - 1.0, 1.0 - screen.y / canvas.y * 2.0, 0.0, 1.0);
  gl_PointSize = size * ratio;
  tint = colour;
}`;
const FRAGMENT = `
precision mediump float;
varying vec4 tint;
void main() {
  float inside = 1.0 - smoothstep(0.7, 1.0, length(gl_PointCoord * 2.0 - 1.0));
  gl_FragColor = vec4(tint.rgb, 1.0) * (tint.a * inside);
}`;

/** Names of renderers that have no graphics card: WebGL by them takes longer than to set the pixels here, and holds up the page. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Undefined where no graphics card draws WebGL. */
export function webglPainter(canvas: HTMLCanvasElement, onLost: () => void): PointPainter | undefined {
  const gl = canvas.getContext('webgl', {
    antialias: false,
    premultipliedAlpha: true,
    failIfMajorPerformanceCaveat: true,
  });
  const named = gl?.getExtension('WEBGL_debug_renderer_info');
  if (!gl || SOFTWARE.test(String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)))) return undefined;
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return undefined;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return undefined;
  gl.useProgram(program);
  const lost = (event: Event) => {
    event.preventDefault();
    onLost();
  };
  canvas.addEventListener('webglcontextlost', lost);
  const attributes = [
    { name: 'position', values: 2, type: gl.FLOAT, of: ({ positions }: Points) => positions },
    { name: 'colour', values: 4, type: gl.UNSIGNED_BYTE, of: ({ colours }: Points) => colours },
    { name: 'size', values: 1, type: gl.FLOAT, of: ({ sizes }: Points) => sizes },
  ].map((attribute) => ({
    ...attribute,
    buffer: gl.createBuffer(),
    at: gl.getAttribLocation(program, attribute.name),
  }));
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const [canvasAt, cameraAt, ratioAt] = [uniform('canvas'), uniform('camera'), uniform('ratio')];
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  let stale: 'none' | 'positions' | 'all' = 'all';
  return {
    refresh(what) {
      stale = what === undefined || stale === 'all' ? 'all' : what;
    },
    paint(points, { scale, x, y }, ratio) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      for (const { name, buffer, at, values, type, of } of attributes) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        if (stale === 'all' || (stale === 'positions' && name === 'position'))
          gl.bufferData(gl.ARRAY_BUFFER, of(points), gl.DYNAMIC_DRAW);
        gl.enableVertexAttribArray(at);
        gl.vertexAttribPointer(at, values, type, type === gl.UNSIGNED_BYTE, 0, 0);
      }
      stale = 'none';
      gl.uniform2f(canvasAt, canvas.width / ratio, canvas.height / ratio);
      gl.uniform3f(cameraAt, scale, x, y);
      gl.uniform1f(ratioAt, ratio);
      gl.drawArrays(gl.POINTS, 0, points.positions.length / 2);
      return true;
    },
    close() {
      canvas.removeEventListener('webglcontextlost', lost);
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/** Sets each pixel by itself: 20,000 calls that draw take ten times as long. */
export function pixelPainter(canvas: HTMLCanvasElement): PointPainter {
  const context = canvas.getContext('2d', { willReadFrequently: true })!; // its pixels lie in this process
  let image: ImageData | undefined;
  let begun: { readonly points: Points; readonly camera: Camera; readonly ratio: number; next: number } | undefined;
  return {
    refresh() {},
    paint(points, camera, ratio, end) {
      if (image?.width !== canvas.width || image.height !== canvas.height) {
        image = context.createImageData(canvas.width, canvas.height);
        begun = undefined;
      } else if (!begun) image.data.fill(0);
      begun ??= { points, camera, ratio, next: 0 };
      begun.next = paintPixels(image, begun.points, begun.camera, begun.ratio, begun.next, end);
      if (2 * begun.next < begun.points.positions.length) return false;
      context.putImageData(image, 0, 0);
      begun = undefined;
      return true;
    },
    close() {},
  };
}

/** Points that are painted between two looks at the clock. */
const POINTS_A_LOOK = 512;

/**
 * Points as discs with soft edges, over what the picture holds. Its pixels are red, green, blue, alpha, not multiplied.
 *
 * @param from - the first point
 * @param end - by `performance.now`
 * @returns the point to go on from: all are painted, or the time is over
 */
export function paintPixels(
  image: Pick<ImageData, 'data' | 'width' | 'height'>,
  { positions, colours, sizes }: Points,
  camera: Camera,
  ratio: number,
  from = 0,
  end = Infinity,
): number {
  const { data, width, height } = image;
  const discs = new Map<number, Disc>();
  let size = 0;
  let disc = discOf(0);
  for (let id = from; 2 * id < positions.length; id++) {
    if (id > from && id % POINTS_A_LOOK === 0 && performance.now() > end) return id;
    if (sizes[id] !== size) {
      size = sizes[id];
      disc = discs.get(size) ?? discOf(size * ratio);
      discs.set(size, disc);
    }
    const left = Math.round((positions[2 * id] * camera.scale + camera.x) * ratio - disc.side / 2);
    const top = Math.round((-positions[2 * id + 1] * camera.scale + camera.y) * ratio - disc.side / 2);
    if (!(left > -disc.side && top > -disc.side && left < width && top < height)) continue;
    const [red, green, blue, alpha] = [
      colours[4 * id],
      colours[4 * id + 1],
      colours[4 * id + 2],
      colours[4 * id + 3] / 255,
    ];
    for (let y = Math.max(0, -top); y < disc.side && top + y < height; y++) {
      for (let x = Math.max(0, -left); x < disc.side && left + x < width; x++) {
        const over = disc.shares[y * disc.side + x] * alpha;
        if (over === 0) continue;
        const at = 4 * ((top + y) * width + left + x);
        const under = (1 - over) * (data[at + 3] / 255);
        const share = over / (over + under);
        data[at] += (red - data[at]) * share;
        data[at + 1] += (green - data[at + 1]) * share;
        data[at + 2] += (blue - data[at + 2]) * share;
        data[at + 3] = 255 * (over + under);
      }
    }
  }
  return positions.length / 2;
}

/** How much of each pixel of a square lies in the disc that fills it. */
interface Disc {
  readonly side: number;
  readonly shares: Float32Array;
}

function discOf(diameter: number): Disc {
  const side = Math.max(1, Math.ceil(diameter));
  const shares = new Float32Array(side * side);
  for (let at = 0; at < shares.length; at++) {
    const [x, y] = [at % side, Math.floor(at / side)].map((place) => place + 0.5 - side / 2);
    shares[at] = Math.max(0, Math.min(1, diameter / 2 + 0.5 - Math.hypot(x, y)));
  }
  return { side, shares };
}

/** Draws the points that lie in view into a picture of any scale, as squares with few pixels, else as circles. */
export function paintPoints(
  context: CanvasRenderingContext2D,
  { positions, colours, sizes }: Points,
  camera: Camera,
  width: number,
  height: number,
): void {
  let style = '';
  for (let id = 0; 2 * id < positions.length; id++) {
    const x = positions[2 * id] * camera.scale + camera.x;
    const y = -positions[2 * id + 1] * camera.scale + camera.y;
    if (x < -8 || y < -8 || x > width + 8 || y > height + 8) continue;
    const wanted = `rgba(${colours[4 * id]},${colours[4 * id + 1]},${colours[4 * id + 2]},${(colours[4 * id + 3] / 255).toFixed(2)})`;
    if (wanted !== style) {
      style = wanted;
      context.fillStyle = wanted;
    }
    const size = sizes[id];
    if (size <= 4) context.fillRect(x - size / 2, y - size / 2, size, size);
    else {
      context.beginPath();
      context.arc(x, y, size / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
