const MAXIMUM_SWEEPS = 60;

/**
 * The orthogonal matrix R nearest to a matrix M (R = U Vᵀ of M = U S Vᵀ): of M = Σ b aᵀ it is the rotation, mirroring
 * allowed, that brings the vectors a nearest to the vectors b (Schönemann 1966, "A generalized solution of the orthogonal
 * Procrustes problem"). The singular values come from one-sided Jacobi rotations (Golub and Van Loan, Matrix
 * Computations, section 8.6), which keep small ones accurate.
 *
 * @param matrix - (n × n), only read
 * @returns (n × n)
 * @throws RangeError if M has no inverse, so that R is not determined
 */
export function nearestOrthogonal(matrix: ArrayLike<number>, n: number): Float64Array {
  // Rows of u are columns of M, turned until they are square to each other: u = (M V)ᵀ, v = Vᵀ.
  const u = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) u[j * n + i] = matrix[i * n + j];
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) turned = turnApart(u, v, n, p, q) || turned;
    if (!turned) break;
  }
  const norms = Float64Array.from({ length: n }, (_, i) => {
    let squares = 0;
    for (let k = 0; k < n; k++) squares += u[i * n + k] * u[i * n + k];
    return Math.sqrt(squares);
  });
  const largest = norms.reduce((a, b) => Math.max(a, b), 0);
  const least = norms.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(least > 1e-12 * largest)) {
    throw new RangeError(`The nearest orthogonal matrix is not determined: singular values are ${least} to ${largest}`);
  }
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      const x = u[k * n + i] / norms[k];
      for (let j = 0; j < n; j++) result[i * n + j] += x * v[k * n + j];
    }
  }
  return result;
}

/** Turns rows p and q of both until those of `u` are square to each other; whether they were not. */
function turnApart(u: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  let pp = 0;
  let qq = 0;
  let pq = 0;
  for (let i = p * n, j = q * n, end = i + n; i < end; i++, j++) {
    pp += u[i] * u[i];
    qq += u[j] * u[j];
    pq += u[i] * u[j];
  }
  if (Math.abs(pq) <= 1e-14 * Math.sqrt(pp * qq)) return false;
  const theta = (qq - pp) / (2 * pq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const rows of [u, v]) {
    for (let i = p * n, j = q * n, end = i + n; i < end; i++, j++) {
      const x = rows[i];
      const y = rows[j];
      rows[i] = c * x - s * y;
      rows[j] = s * x + c * y;
    }
  }
  return true;
}
