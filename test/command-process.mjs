// Runs command lines one after the other in this process: a JSON list of lists of arguments from standard input. Prints a JSON list of what
// came of each. It ends when nothing is left to do, as a command of its own does.
import { readFileSync } from 'node:fs';
import { runCommand } from '../dist/cli/run-command.js';

const streams = [process.stdout, process.stderr];
const writes = streams.map((stream) => stream.write);
// Each command that serves listens to them.
for (const emitter of [...streams, process]) emitter.setMaxListeners(0);
const results = [];
for (const args of JSON.parse(readFileSync(0, 'utf8'))) {
  const told = ['', ''];
  for (const [i, stream] of streams.entries())
    Object.assign(stream, {
      write(data, ...more) {
        told[i] += typeof data === 'string' ? data : Buffer.from(data).toString();
        more.find((one) => typeof one === 'function')?.();
        return true;
      },
    });
  process.exitCode = 0;
  await runCommand(args);
  results.push({ code: process.exitCode, stdout: told[0], stderr: told[1] });
  for (const [i, stream] of streams.entries()) stream.write = writes[i];
}
process.exitCode = 0;
process.stdout.write(JSON.stringify(results));
