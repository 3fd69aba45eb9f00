// Item2vec: recommendations from baskets. Ids are words, baskets are sentences (Barkan and Koenigstein 2016).
//
//     node examples/item2vec.mjs BASKETS ITEMS
//
// BASKETS: lines of customer, time and item ids (separated by spaces), separated by tabs; ITEMS: lines of id and description.
// Learns from all baskets but the last one of each customer, and measures on those: from all items of a basket but one,
// is the one among the ten recommended?
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { train } from 'wordkin';

const [basketsPath, itemsPath] = process.argv.slice(2);
if (!itemsPath) throw new Error('Give BASKETS and ITEMS');
const read = (path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString();
const rows = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));

const descriptions = new Map(rows(read(itemsPath)).map(([id, description]) => [id, description]));
const byCustomer = new Map();
for (const [customer, time, items] of rows(read(basketsPath))) {
  const baskets = byCustomer.get(customer) ?? [];
  byCustomer.set(customer, baskets);
  baskets.push({ time, items: items.split(' ') });
}
const learned = [];
const tests = [];
for (const baskets of byCustomer.values()) {
  baskets.sort((a, b) => (a.time < b.time ? -1 : 1));
  const last = baskets.length > 1 ? baskets.pop() : undefined;
  learned.push(...baskets.map(({ items }) => items));
  if (last && last.items.length > 1) tests.push(last.items);
}

// Every item of a basket stands beside every other: the window is wider than baskets are, and their order says little.
const { model } = await train(
  { tokens: learned },
  { dimensions: 100, window: 50, epochs: 20, minCount: 3, negative: 10, subsample: 1e-3, learningRate: 0.05 },
);
const popular = [...model.words].slice(0, 200); // by falling count
const recommend = (items) =>
  model
    .neighbors(
      items.filter((id) => model.has(id)),
      { count: 10 },
    )
    .map(({ word }) => word);

for (const name of ['RED RETROSPOT CAKE STAND', 'JUMBO BAG RED RETROSPOT', 'PARTY BUNTING']) {
  const [id] = [...descriptions].find(([, description]) => description?.trim() === name) ?? [];
  if (id === undefined || !model.has(id)) continue;
  console.log(
    `${name}: ${model
      .neighbors(id, { count: 5 })
      .map(({ word }) => descriptions.get(word))
      .join(', ')}`,
  );
}

let [cases, hits, popularHits] = [0, 0, 0];
for (const items of tests) {
  const missing = items[cases % items.length];
  const rest = items.filter((id) => id !== missing);
  if (!rest.some((id) => model.has(id))) continue;
  cases++;
  if (recommend(rest).includes(missing)) hits++;
  if (
    popular
      .filter((id) => !rest.includes(id))
      .slice(0, 10)
      .includes(missing)
  )
    popularHits++;
}
const share = (count) => `${((100 * count) / cases).toFixed(1)} %`;
console.log(
  `${model.size} items, ${learned.length} baskets learned; hit rate at 10 over ${cases} baskets: item2vec ${share(hits)}, most popular ${share(popularHits)}`,
);
