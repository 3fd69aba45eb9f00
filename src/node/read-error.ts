/** The system's error as a sentence about this file. */
export function explainReadError(error: NodeJS.ErrnoException, name: string): Error {
  if (error.message.startsWith('Cannot ')) return error;
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOENT: 'there is no such file or folder',
    ENOTDIR: 'a part of the path is a file, not a folder',
    ELOOP: 'its links lead around in a circle',
    Z_BUF_ERROR: 'the compressed data ends early',
    Z_DATA_ERROR: 'the compressed data is damaged, or it is no gzip file',
  };
  return new Error(`Cannot read "${name}": ${reasons[error.code ?? ''] ?? error.message}`, { cause: error });
}
