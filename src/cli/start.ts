import { note, warn } from './output.ts';
import { isWriting, runCommand } from './run-command.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const nobodyReads = error.code === 'EPIPE' || error.code === 'EIO'; // such as head, which has seen enough; a terminal that is closed
  if (!nobodyReads) {
    process.exitCode = 1;
    note(`wordkin: Cannot write to standard output: ${error.message}`);
  }
  if (!isWriting()) process.exit();
});
process.stderr.on('error', () => {}); // nobody reads remarks any more; the work goes on

// Node would print them as they are, and they hold names of files.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  warn(`${name === 'WordkinWarning' ? 'warning' : name}: ${message}`);
});

await runCommand(process.argv.slice(2));
