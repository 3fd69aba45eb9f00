import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { compareTexts, knownSentence, noteUnknownWords } from '../sentences/compare-texts.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import type { Metadata } from '../store/metadata.ts';
import type { TextIndex } from '../store/text-index.ts';

/** What agents may ask. */
export interface McpOptions {
  readonly encoder: SentenceEncoder;
  /** Texts that are searched. */
  readonly index?: TextIndex | undefined;
  /** Texts may be added. */
  readonly allowWrite?: boolean | undefined;
  readonly version: string;
}

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
        if (options.hybrid) noteUnknownWords(index.encoder, question, note);
        else knownSentence(index.encoder, question, 'search', note);
        return { texts: await index.search(question, { ...options, onNote: note }) };
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
      const records = texts.map(({ metadata, ...text }) => ({ ...text, metadata: metadata as Metadata | undefined }));
      return answer({ ...(await index.add(records)) });
    },
  );
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
