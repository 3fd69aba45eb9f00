import { createValueAdder } from '../kernels/row-changes/value-adder-kernel.ts';
import { gatherRows, type StridedRows, scatterRows } from './trained-rows.ts';

/** See `rowAdder`. */
export type AddToRows = (rows: StridedRows, ids: ArrayLike<number>, changes: Float32Array) => void;

/** Values that are changed at a time: it takes a microsecond or two, in which what a thread writes to the same rows is lost. */
const VALUES_AT_ONCE = 3200;

/**
 * What adds changes (ids × dimensions) to the rows `ids` of a matrix that threads are training. Rows that follow each other are copied to a kernel and back,
 * some at a time, in less than half of the time of a loop.
 */
export function rowAdder(dimensions: number): AddToRows {
  const most = Math.max(1, Math.floor(VALUES_AT_ONCE / dimensions));
  const adder = createValueAdder(most * dimensions);
  return (rows, ids, changes) => {
    for (let begin = 0, end = 0; begin < ids.length; begin = end) {
      end = begin + 1;
      while (end < ids.length && end - begin < most && ids[end] > ids[end - 1]) end++; // none twice
      const some = slice(ids, begin, end);
      adder.changes.set(changes.subarray(begin * dimensions, end * dimensions));
      gatherRows(rows, some, adder.values);
      adder.add(some.length * dimensions);
      scatterRows(adder.values, some, rows);
    }
  };
}

function slice(ids: ArrayLike<number>, begin: number, end: number): ArrayLike<number> {
  if (ids instanceof Uint32Array) return ids.subarray(begin, end);
  return Array.from({ length: end - begin }, (_, i) => ids[begin + i]);
}
