import { showValue } from '../text/show-value.ts';

/** @throws RangeError for dimensions that a model has not */
export function checkDimensions(value: unknown, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`"dimensions" must be an integer from 1 to ${most}, got ${showValue(value)}`);
}
