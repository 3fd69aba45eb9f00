#!/usr/bin/env node
// Its files are loaded by an import that can fail with a sentence: Node opens all of them at once.
try {
  await import('./start.ts');
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EMFILE') throw error;
  process.stderr.write(
    `wordkin: Cannot load its own files: ${message.split(',')[0]}; allow more, such as by ulimit -n 1024\n`,
  );
  process.exitCode = 1;
}
