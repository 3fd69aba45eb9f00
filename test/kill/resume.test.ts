import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/math/random.ts';
import { KILLS, KILLS_TIMEOUT_MS, temporaryFolder, wordkin, wordkinHere } from '../command.ts';

const folder = temporaryFolder();
const corpus = join(folder, 'corpus.txt');
const random = new Random(5);
writeFileSync(
  corpus,
  Array.from({ length: 12_000 }, () =>
    Array.from({ length: 12 }, () => `w${Math.floor(random.uniform() ** 2 * 3000)}`).join(' '),
  ).join('\n'),
);

const settings = ['--dimensions', '32', '--min-count', '1', '--threads', '2', '--tokenizer', 'whitespace'];

/** Trains with checkpoints, in a process of its own where it is killed: by SIGKILL, some milliseconds after a checkpoint. */
async function run(name: string, more: string[], kill?: { checkpoint: number; milliseconds: number }) {
  const output = join(folder, `${name}.safetensors`);
  const every = kill ? '0.05s' : '60s';
  const checkpoint = ['--checkpoint', join(folder, name), '--every', every, '--resume', '--json'];
  const args = ['train', corpus, '--output', output, ...settings, ...more, ...checkpoint];
  const killAfter = ({ checkpoint, milliseconds }: NonNullable<typeof kill>) => ({
    onStart(child: ChildProcess) {
      let seen = '';
      const checkpoints = () => seen.split('"checkpoint"').length - 1;
      child.stderr!.on('data', (data) => {
        const before = checkpoints();
        seen += data;
        if (before < checkpoint && checkpoints() >= checkpoint) setTimeout(() => child.kill('SIGKILL'), milliseconds);
      });
    },
  });
  const { code, stderr } = await (kill ? wordkin(args, killAfter(kill)) : wordkinHere(args));
  return { code, output, resumed: stderr.includes('"resumed"') };
}

describe('killed at any moment and resumed', () => {
  it('a deterministic training ends with the very same file, each time', { timeout: KILLS_TIMEOUT_MS }, async () => {
    const whole = join(folder, 'whole.safetensors');
    const more = ['--epochs', '12', '--deterministic'];
    /** How often a training is killed before it ends. */
    const LIVES = 4;
    await wordkinHere(['train', corpus, '--output', whole, ...settings, ...more]);
    const expected = readFileSync(whole);
    for (let kills = 0; kills < KILLS; ) {
      const name = `exact-${kills}`;
      for (let life = 0; life < LIVES && kills < KILLS; life++, kills++) {
        const moment = { checkpoint: 1 + random.below(2), milliseconds: random.below(60) };
        const killed = await run(name, more, moment);
        expect({ code: killed.code, resumed: killed.resumed }).toEqual({ code: null, resumed: life > 0 });
        expect(existsSync(killed.output)).toBe(false);
      }
      const { code, output, resumed } = await run(name, more);
      expect({ code, resumed }).toEqual({ code: 0, resumed: true });
      expect(readFileSync(output).equals(expected)).toBe(true);
    }
    // Checkpoints are gone with their folders, nothing is left behind.
    expect(readdirSync(folder).filter((name) => !/^(corpus\.txt|.*\.safetensors)$/.test(name))).toEqual([]);
  });

  it('a Hogwild training ends', { timeout: 300_000 }, async () => {
    // Of many epochs, so that it is not over before the kill arrives.
    const more = ['--epochs', '12'];
    const killed = await run('hogwild', more, { checkpoint: 2, milliseconds: 20 });
    expect(killed.code).toBe(null);
    expect(await run('hogwild', more)).toMatchObject({ code: 0, resumed: true });
  });
});
