import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../command.ts';

const folder = temporaryFolder();
/** How often each of the four has the lock, all its lives together. */
const HOLDS = 40;

it.skipIf(process.platform !== 'linux')(
  'a lock is never had by two of many processes, some of which are killed while they have it',
  async () => {
    const real = join(folder, 'real');
    mkdirSync(real);
    symlinkSync(real, join(folder, 'link'));
    // Who holds the lock makes a folder and takes it away; a second one finds it there. One that is killed leaves its number in it.
    const program = join(folder, 'program.mjs');
    writeFileSync(
      program,
      `import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync, writeSync } from 'node:fs';
       import { lockStore } from ${JSON.stringify(resolve('dist/node/store-lock.js'))};
       const inside = ${JSON.stringify(join(folder, 'inside'))};
       const isAlive = (pid) => { try { return !/\\) Z/.test(readFileSync('/proc/' + pid + '/stat', 'latin1')); } catch { return false; } };
       const wanted = Number(process.argv[4]);
       for (let held = 0; held < wanted; ) {
         let unlock;
         try { unlock = lockStore(realpathSync(process.argv[2])); } catch (error) {
           if (!/uses it|all the time/.test(error.message)) throw error;
           await new Promise((done) => setTimeout(done, 3 * Math.random()));
           continue;
         }
         held++;
         writeSync(1, '.');
         for (const name of readdirSync(inside)) {
           if (isAlive(Number(name))) { console.error('two at once'); process.exit(1); }
           rmSync(inside + '/' + name);
         }
         writeFileSync(inside + '/' + process.pid, '');
         await new Promise((done) => setTimeout(done, 4 * Math.random()));
         if (held % 7 === 0 && process.argv[3] === 'mortal') process.kill(process.pid, 'SIGKILL');
         rmSync(inside + '/' + process.pid);
         unlock();
       }`,
    );
    mkdirSync(join(folder, 'inside'));
    /** Until it has had the lock so often; returns how often it was killed. */
    const run = async (spelling: string, mortal: boolean, wanted = HOLDS): Promise<number> => {
      const child = spawn(process.execPath, [program, spelling, mortal ? 'mortal' : '', String(wanted)]);
      let [out, said] = ['', ''];
      child.stdout.on('data', (data) => (out += data));
      child.stderr.on('data', (data) => (said += data));
      const [code, signal] = await new Promise<[number | null, string | null]>((done) =>
        child.on('close', (...result) => done(result)),
      );
      expect(said).toBe('');
      if (signal === 'SIGKILL') return 1 + (await run(spelling, mortal, wanted - out.length));
      expect({ code, holds: out.length }).toEqual({ code: 0, holds: wanted });
      return 0;
    };
    const spellings = [real, `${real}/`, join(folder, 'link'), `${folder}/./link/../real`];
    const kills = await Promise.all(spellings.map((spelling, i) => run(spelling, i % 2 === 0)));
    expect(kills).toEqual([5, 0, 5, 0]);
  },
);
