import { constants } from 'node:os';

/** The code of the system's error, such as ENOSPC; also EDQUOT, which Node calls unknown and tells by its number alone. */
export function systemCode({ code, errno }: NodeJS.ErrnoException): string | undefined {
  return errno === -constants.errno.EDQUOT ? 'EDQUOT' : code;
}
