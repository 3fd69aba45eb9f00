import { describe, expect, it } from 'vitest';
import { createExtension } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';

/** A database without the extension, in which making it fails. */
function failing(code: string | undefined, message: string): SqlConnection {
  const query = async (text: string) => {
    if (text.startsWith('select')) return [];
    throw Object.assign(new Error(message), { code });
  };
  return { query } as unknown as SqlConnection;
}

describe('createExtension', () => {
  it('sends to an administrator where the extension is not installed, or not for this role', async () => {
    for (const code of ['58P01', '0A000', '42501'])
      await expect(createExtension(failing(code, 'extension "vector" is not available'))).rejects.toThrow(
        /is not available\. Let an administrator install pgvector/,
      );
  });

  it('gives another cause as it is', async () => {
    for (const code of ['53100', undefined]) {
      const made = createExtension(failing(code, 'no space left on device'));
      await expect(made).rejects.toThrow(/could not be made: no space left on device$/);
    }
  });
});
