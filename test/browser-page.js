// What browser.test.ts runs in the page: a module of its own, so that no test tool rewrites its imports.
import { createSentenceEncoder, loadModel, modelBlob, openTextStore, TextIndex, train } from 'wordkin';

/** Trains on two topics, asks for neighbors, and hands out the model's file. */
window.trainTopics = async () => {
  const topics = [
    ['苹果', '香蕉', '好吃', '水果', '喜欢'],
    ['dog', 'cat', 'horse', 'tail', 'run'],
  ];
  const lines = Array.from({ length: 2000 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => topics[i % 2][(i * 7 + j * (1 + (i % 4))) % 5]).join(' '),
  );
  const { model, report } = await train(
    { files: [new File([lines.join('\n')], 'texts.txt')] },
    { dimensions: 10, minCount: 1, epochs: 5, subsample: 0, tokenizer: 'chinese', threads: 2 },
  );
  const encoder = await createSentenceEncoder(model);
  return {
    isolated: crossOriginIsolated,
    threads: report.threads,
    losses: report.epochLosses,
    neighbors: model.neighbors('苹果', { count: 4 }).map(({ word }) => word),
    tokenizer: model.contents.tokenizer,
    known: encoder.encode('我喜欢苹果').knownTokens,
    bytes: Array.from(new Uint8Array(await modelBlob(model).arrayBuffer())),
  };
};

/** The file of a deterministic training on texts that Node trains on, too. */
window.trainDeterministic = async (texts, options) => {
  const { model } = await train({ texts }, options);
  return Array.from(new Uint8Array(await modelBlob(model).arrayBuffer()));
};

/** What the model in a file takes a text for. */
window.tokensOf = async (bytes, text) => {
  const encoder = await createSentenceEncoder(await loadModel(new Blob([Uint8Array.from(bytes)])));
  return encoder.tokenizer.tokenize(text);
};

/** Opens the page's store, adds texts to it, and searches. */
window.searchTexts = async (bytes, texts, question) => {
  const encoder = await createSentenceEncoder(await loadModel(new Blob([Uint8Array.from(bytes)])));
  const index = await TextIndex.open(encoder, await openTextStore('texts'));
  const { added } = await index.add(texts);
  const second = await openTextStore('texts').catch((error) => error.message);
  const hits = await index.search(question, { count: 2, where: 'lang = "zh"' });
  const hybrid = await index.search(question, { count: 2, hybrid: true });
  const count = await index.count();
  await index.close();
  return { added, count, second, hits: hits.map(({ id }) => id), hybrid: hybrid.map(({ id }) => id) };
};

/** Words and an unknown word's vector of models from a Blob, a compressed one, a URL, picked files, a folder's address. */
window.readModels = async (files) => {
  const file = (name, bytes) => new File([Uint8Array.from(bytes)], name);
  const places = [
    file('a.bin', files.fastText),
    file('a.bin.gz', files.packed),
    '/model/a.bin',
    Object.entries(files.folder).map(([name, bytes]) => file(name, bytes)),
    '/model/',
  ];
  const results = [];
  for (const place of places) {
    const model = await loadModel(place);
    const { knownTokens } = await (await createSentenceEncoder(model)).encode('a 苹果');
    results.push({ words: model.words, knownTokens, unknown: Array.from(model.findVector('b') ?? []) });
  }
  return results;
};

/** Where the hits of two scans differ first, if anywhere: to hand out all of them, tens of thousands, takes longer than the scans. */
function firstDifference(found, expected) {
  for (const [query, wanted] of expected.entries()) {
    for (let i = 0; i < Math.max(wanted.length, found[query].length); i++) {
      const [hit, other] = [found[query][i], wanted[i]];
      if (hit?.row !== other?.row || !Object.is(hit.upperBound, other.upperBound))
        return { query, place: i, found: hit, expected: other };
    }
  }
  return null;
}

/** Codes of 5,000 vectors, scanned for 7 queries with the kernel for relaxed SIMD and with the other one. */
window.scanCodesTwice = async (dimensions) => {
  const { createStagedScan } = await import('/dist/kernels/staged-scan/staged-scan-kernel.js');
  const { hasRelaxedDotProducts } = await import('/dist/kernels/wasm-module.js');
  const size = 5000;
  const number = (i) => Math.sin(i * (1 + (i % 13)));
  const queries = Array.from({ length: 7 }, (_, query) => ({
    values: Int16Array.from({ length: dimensions }, (_, d) => 500 * number(query * dimensions + d + 12345)),
    scale: 1 / (500 * Math.sqrt(dimensions / 2)),
    threshold: [-3, 0.05, 0.1, 0.2, -1, 0, 0.3][query],
  }));
  const [expected, found] = [false, true].map((relaxed) => {
    const scan = createStagedScan({ rowCount: size, dimensions, maximumQueries: 7 }, relaxed);
    for (let row = 0; row < size; row++)
      scan.set(
        row,
        Float32Array.from({ length: dimensions }, (_, d) => number(row * dimensions + d)),
      );
    scan.setQueries(queries);
    const { capacity, counts, rows, upperBounds } = scan.hits;
    const all = queries.map(() => []);
    for (let first = 0; first < size; first += capacity) {
      scan.scan(first, Math.min(size, first + capacity));
      for (const [query, hits] of all.entries())
        for (let at = query * capacity; at < query * capacity + counts[query]; at++)
          hits.push({ row: rows[at], upperBound: upperBounds[at] });
    }
    return all;
  });
  return {
    relaxed: hasRelaxedDotProducts(),
    counts: expected.map((hits) => hits.length),
    difference: firstDifference(found, expected),
  };
};

/** Scans 1,003 rows for 7 queries with the kernel for relaxed SIMD and with the other one. */
window.scanTwice = async (dimensions) => {
  const { createInt8Scan } = await import('/dist/kernels/int8-scan/int8-scan-kernel.js');
  const { hasRelaxedDotProducts } = await import('/dist/kernels/wasm-module.js');
  const size = 1003;
  const number = (i) => Math.sin(i * (1 + (i % 13)));
  const values = Int16Array.from({ length: 7 * dimensions }, (_, i) => 500 * number(i + 12345));
  const queries = { values, scales: new Float32Array(7).fill(1 / (500 * Math.sqrt(dimensions / 2))) };
  const [expected, found] = [false, true].map((relaxed) => {
    const scan = createInt8Scan({ rowCount: size, dimensions, maximumQueries: 7 }, relaxed);
    const atOnce = scan.vectors.length / scan.vectorLength;
    for (let first = 0; first < size; first += atOnce) {
      const count = Math.min(atOnce, size - first);
      for (let i = 0; i < count; i++) {
        for (let d = 0; d < dimensions; d++) {
          scan.vectors[i * scan.vectorLength + d] = number((first + i) * dimensions + d);
        }
      }
      scan.quantize(first, count);
    }
    scan.setQueries(queries);
    scan.thresholds.set([-3, 0.05, 0.1, 0.2, -1, 0, 0.3]);
    scan.scan(0, size);
    const { capacity, counts, rows, upperBounds } = scan.hits;
    return Array.from(counts, (count, query) =>
      Array.from({ length: count }, (_, i) => ({
        row: rows[query * capacity + i],
        upperBound: upperBounds[query * capacity + i],
      })),
    );
  });
  return {
    relaxed: hasRelaxedDotProducts(),
    counts: expected.map((hits) => hits.length),
    difference: firstDifference(found, expected),
  };
};
