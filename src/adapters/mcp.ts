import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { compareTexts, knownSentence } from '../sentences/compare-texts.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import type { Metadata } from '../store/metadata.ts';
import type { TextHit } from '../store/text-hit.ts';
import type { TextIndex } from '../store/text-index.ts';
import { counted } from '../text/counted.ts';

/** What agents may ask. */
export interface McpOptions {
  readonly encoder: SentenceEncoder;
  /** Texts that are searched. */
  readonly index?: TextIndex | undefined;
  /** Texts may be added. */
  readonly allowWrite?: boolean | undefined;
  readonly version: string;
}

/** Of a text that is found; ten of them are some 10,000 tokens of a language model. */
const MOST_CHARACTERS = 4_000;

const count = z.int().min(1).max(100).optional().describe('most results wanted; 10 if omitted');
const word = z.string().min(1).max(1000);

/** A server of the Model Context Protocol: a model and its texts as tools for agents. */
export function createMcpServer({ encoder, index, allowWrite = false, version }: McpOptions): McpServer {
  const server = new McpServer({ name: 'wordkin', version });
  server.registerTool(
    'similar_words',
    {
      description: 'The words that are used like one or several words, by cosine similarity in a word2vec model.',
      inputSchema: z.strictObject({
        words: z.array(word).min(1).max(100).describe('such as ["king", "woman"]'),
        minus: z.array(word).max(100).optional().describe('words to go away from, such as ["man"]'),
        count,
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ words, minus, count }) => answer({ words: encoder.model.neighbors(words, { minus, count }) }),
  );
  server.registerTool(
    'compare_texts',
    {
      description:
        'How near two texts or words are: cosine similarity (1 is the same direction) and Euclidean distance.',
      inputSchema: z.strictObject({ first: z.string().min(1), second: z.string().min(1) }),
      annotations: { readOnlyHint: true },
    },
    async ({ first, second }) => withNotes((note) => ({ ...compareTexts(encoder, first, second, note) })),
  );
  if (index) registerTextTools(server, index, allowWrite);
  return server;
}

function registerTextTools(server: McpServer, index: TextIndex, allowWrite: boolean): void {
  server.registerTool(
    'search_texts',
    {
      description: 'The stored texts that are nearest to a question by meaning; with hybrid also by its words.',
      inputSchema: z.strictObject({
        question: z.string().min(1),
        count,
        where: z
          .string()
          .min(1)
          .optional()
          .describe('a condition on metadata, such as: lang = "zh" and (year >= 2020 or tags contains "news")'),
        hybrid: z.boolean().optional(),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ question, ...options }) =>
      withNotes(async (note) => {
        if (!options.hybrid) knownSentence(index.encoder, question, 'search', () => {});
        const hits = await index.search(question, { ...options, snippets: true, onNote: note });
        const long = hits.filter(({ text }) => text.length > MOST_CHARACTERS).length;
        if (long > 0)
          note(
            `${counted(long, 'text is', 'texts are')} longer than ${MOST_CHARACTERS} characters: of such a text only the part around the sentence nearest to the question is given`,
          );
        return { texts: hits.map(shorten) };
      }),
  );
  if (!allowWrite) return;
  server.registerTool(
    'add_texts',
    {
      description: 'Stores texts to be searched; one of the same id is replaced.',
      inputSchema: z.strictObject({
        texts: z
          .array(
            z.strictObject({
              id: z.string().min(1),
              text: z.string(),
              metadata: z.record(z.string(), z.unknown()).optional(),
            }),
          )
          .min(1)
          .max(2048),
      }),
      annotations: { destructiveHint: true, idempotentHint: true },
    },
    async ({ texts }) => {
      for (const { id, metadata } of texts) checkWholeNumbers(id, metadata);
      const records = texts.map(({ metadata, ...text }) => ({ ...text, metadata: metadata as Metadata | undefined }));
      return answer({ ...(await index.add(records)) });
    },
  );
}

/** @throws RangeError for a number that is no more what was sent, as ids of some services are */
function checkWholeNumbers(id: string, metadata: unknown): void {
  JSON.stringify(metadata, (name, value: unknown) => {
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
      throw new RangeError(
        `The metadata of ${JSON.stringify(id)} cannot be stored: "${name}" is beyond the whole numbers that can be told apart; give it as text. Nothing was stored`,
      );
    return value;
  });
}

/** A hit whose text is no longer than a model takes well. */
function shorten({ snippet, ...hit }: TextHit): TextHit {
  const { text } = hit;
  if (text.length <= MOST_CHARACTERS || !snippet) return hit;
  const lead = Math.max(0, (MOST_CHARACTERS - (snippet.end - snippet.begin)) >> 1);
  const begin = Math.max(0, Math.min(snippet.begin - lead, text.length - MOST_CHARACTERS));
  const end = begin + MOST_CHARACTERS;
  // No half of a pair of surrogates is left at either end.
  const part = text.slice(begin, end).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  return { ...hit, text: `${begin > 0 ? '…' : ''}${part}${end < text.length ? '…' : ''}` };
}

type ToolAnswer = { content: { type: 'text'; text: string }[]; structuredContent: Record<string, unknown> };

/** The answer for programs, and the same for models, which read text. */
function answer(value: Record<string, unknown>): ToolAnswer {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
}

/** An answer with what is to be said of it. */
async function withNotes(
  make: (note: (message: string) => void) => Record<string, unknown> | Promise<Record<string, unknown>>,
): Promise<ToolAnswer> {
  const notes: string[] = [];
  const value = await make((message) => notes.push(message));
  return answer(notes.length > 0 ? { ...value, notes } : value);
}
