// A right file changed in a single place, and what became of the rows that the change does not touch.

/** Another file, and in words what is other. */
export function changeOnce(bytes, { below, pick }, begin) {
  const at = begin + below(Math.max(1, bytes.length - begin));
  const before = bytes.subarray(0, at);
  const lines = placesOf(bytes);
  const line = below(Math.max(1, lines.length - 1));
  const [from, to] = [lines[line] ?? 0, lines[line + 1] ?? bytes.length];
  const other = pick([0, 9, 10, 13, 32, 46, 48, 49, 57, 97, 127, 255, below(256)]);
  switch (below(9)) {
    case 0:
      return {
        bytes: Buffer.concat([before, Buffer.of(other), bytes.subarray(at + 1)]),
        what: `byte ${at} is ${other}`,
      };
    case 1:
      return { bytes: Buffer.concat([before, bytes.subarray(at + 1)]), what: `byte ${at} is gone` };
    case 2:
      return {
        bytes: Buffer.concat([before, Buffer.of(other), bytes.subarray(at)]),
        what: `byte ${other} is new at ${at}`,
      };
    case 3:
      return { bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]), what: `line ${line + 1} is gone` };
    case 4:
      return {
        bytes: Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
        what: `line ${line + 1} is there twice`,
      };
    case 5:
      return { bytes: Buffer.concat([bytes, bytes.subarray(at)]), what: `the end from ${at} on is there twice` };
    case 6:
      return dropField(bytes, below, begin);
    case 7:
      return changeNumber(bytes, pick, begin);
    default: {
      if (at + 4 > bytes.length) return { bytes, what: 'nothing' };
      const changed = Buffer.from(bytes);
      const number = changed.readInt32LE(at);
      changed.writeInt32LE((number + pick([-1, 1])) | 0, at);
      return { bytes: changed, what: `the number at ${at} was ${number}` };
    }
  }
}

function dropField(bytes, below, begin) {
  const field = /\S+/g;
  field.lastIndex = below(bytes.length);
  const found = field.exec(bytes.toString('latin1'));
  if (!found || found.index < begin) return { bytes, what: 'nothing' };
  const rest = bytes.subarray(found.index + found[0].length);
  return {
    bytes: Buffer.concat([bytes.subarray(0, found.index), rest]),
    what: `field ${found[0]} at ${found.index} is gone`,
  };
}

function changeNumber(bytes, pick, begin) {
  const places = [
    ...bytes
      .subarray(begin, begin + 2000)
      .toString('latin1')
      .matchAll(/\d+/g),
  ];
  if (places.length === 0) return { bytes, what: 'nothing' };
  const { index, 0: digits } = pick(places);
  const number = String(Math.max(0, Number(digits) + pick([-1, 1, 2])));
  const rest = bytes.subarray(begin + index + digits.length);
  return {
    bytes: Buffer.concat([bytes.subarray(0, begin + index), Buffer.from(number), rest]),
    what: `${digits} became ${number}`,
  };
}

/** Where lines begin. */
function placesOf(bytes) {
  const places = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) places.push(at + 1);
  return places;
}

/** What is wrong with more than the `touched` rows that a change touches; undefined if nothing is. */
export function silentDamage(right, found, touched) {
  if (found.dimensions !== right.dimensions) return `${found.dimensions} dimensions in place of ${right.dimensions}`;
  const isSame = (a, b) => a?.every((value, d) => Object.is(value, b[d]));
  const row = (model, word) => (model.find(word) === undefined ? undefined : model.row(model.find(word)));
  const lost = right.words.filter((word) => !isSame(row(found, word), row(right, word)));
  const added = found.words.filter((word) => !isSame(row(right, word), row(found, word)));
  if (lost.length > touched) return `${lost.length} rows are other or gone (${JSON.stringify(lost)})`;
  if (added.length > touched) return `${added.length} rows are new (${JSON.stringify(added)})`;
  return undefined;
}
