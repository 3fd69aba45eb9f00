/** The number that a cell of a table holds, in decimal digits; `undefined` for everything else, such as "", 0x10 or Infinity. */
export function decimalNumber(cell: string | undefined): number | undefined {
  if (cell === undefined || !/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a cell is to hold a number and holds none, as tables write it, and is no name of a column. */
export function lacksNumber(cell: string | undefined): boolean {
  return /^([\d.,%+-]*|nan|n\/?a|null|none|\?)$/i.test(cell?.trim() ?? '');
}
