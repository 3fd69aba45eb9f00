import { systemCode } from './system-code.ts';

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
  EEXIST: 'something of that name is there',
  EISDIR: 'it is a folder',
  ENOTSUP: 'the file system there takes no folders',
  ENOTDIR: 'part of the path is not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than is allowed here',
  EIO: 'the disk reports an error',
  ERR_INVALID_ARG_VALUE: 'its name holds a NUL character',
  EMFILE: 'too many files are open; allow more, such as by ulimit -n 1024',
  Z_BUF_ERROR: 'the compressed data ends early',
  Z_DATA_ERROR: 'the compressed data is damaged, or it is no gzip file',
};

/** The system's error as a sentence about this file. */
export function explainReadError(error: NodeJS.ErrnoException, name: string): Error {
  return explainError(error, `Cannot read "${name}"`);
}

/**
 * The system's error as a sentence: what could not be done, why, and what follows. An error that is one already stays as it is.
 *
 * @param action - such as `Cannot read "x.txt"`
 * @param rest - what to do, or what has become of the file
 */
export function explainError(error: NodeJS.ErrnoException, action: string, rest = ''): Error {
  if (/^Cannot /.test(error.message)) return error;
  return new Error(`${action}: ${REASONS[systemCode(error) ?? ''] ?? error.message}${rest}`, { cause: error });
}
