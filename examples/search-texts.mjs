// Semantic search in one's own text, all in memory: trains on the lines of a file, then finds those nearest to a question.
//
//     node examples/search-texts.mjs TEXT QUESTION...
import { readFileSync } from 'node:fs';
import { createSentenceEncoder, MemoryTextStore, TextIndex, train } from 'wordkin';

const [path, ...words] = process.argv.slice(2);
if (words.length === 0) throw new Error('Give TEXT and QUESTION');
const { model } = await train({ files: path });
const index = await TextIndex.open(await createSentenceEncoder(model), new MemoryTextStore());
const lines = readFileSync(path, 'utf8').split('\n');
await index.add(lines.filter((line) => line.trim()).map((text, i) => ({ id: String(i + 1), text })));
for (const { id, text, score } of await index.search(words.join(' '), { count: 5, hybrid: true })) {
  console.log(`${score.toFixed(3)}  ${id}  ${text.slice(0, 100)}`);
}
