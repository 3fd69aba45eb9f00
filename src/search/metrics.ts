import { euclideanDistance } from '../math/vector-operations.ts';
import { cosineWithUnit } from './exact-index.ts';

/** How vectors are compared: by cosine similarity, or by Euclidean distance. */
export const METRICS = ['cosine', 'euclidean'] as const;
/** See `METRICS`. */
export type Metric = (typeof METRICS)[number];

/** What a metric is. How vectors are scanned by it stands in `VectorIndex`. */
export interface MetricTraits {
  readonly nearerIsLarger: boolean;
  /** Whether vectors of zeros, which have no direction, are not found and find nothing. */
  readonly needsDirection: boolean;
  /** @param unit - the query at length 1 */
  readonly measure: (row: Float32Array, query: Float32Array, unit: Float32Array) => number;
  /** pgvector's operator; what is nearer is smaller by it. */
  readonly sqlOperator: string;
  /** Whether pgvector's graph, which is by cosine, finds what is near. */
  readonly hasGraph: boolean;
  /** The metric's value for what the operator gives. */
  readonly ofSqlValue: (value: number) => number;
  /** The field of a hit that holds the value. */
  readonly field: 'similarity' | 'distance';
}

export const METRIC_TRAITS: Readonly<Record<Metric, MetricTraits>> = {
  cosine: {
    nearerIsLarger: true,
    needsDirection: true,
    measure: (row, _query, unit) => cosineWithUnit(row, unit),
    sqlOperator: '<=>',
    hasGraph: true,
    ofSqlValue: (value) => 1 - value,
    field: 'similarity',
  },
  euclidean: {
    nearerIsLarger: false,
    needsDirection: false,
    measure: (row, query) => euclideanDistance(row, query),
    sqlOperator: '<->',
    hasGraph: false,
    ofSqlValue: (value) => value,
    field: 'distance',
  },
};
