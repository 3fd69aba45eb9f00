import { SENTENCE_END } from './constants.ts';
import { appendHash, type RenumberedBlock } from './renumber.ts';

/**
 * The plain version. Turns a block of numbers into a block of word ids, in place. Of sentence ends without a word between
 * them one is left, also at the beginning: whether a sentence goes on there is known to the one who joins the blocks.
 *
 * @param wordIds - number → word id, −1 for words that are dropped
 */
export function renumber(tokens: Int32Array, wordIds: Int32Array): RenumberedBlock {
  let length = 0;
  let sentenceEnds = 0;
  let endsWithEnd = false;
  let hash = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === SENTENCE_END) {
      if (endsWithEnd) continue;
      sentenceEnds++;
      endsWithEnd = true;
      tokens[length++] = SENTENCE_END;
      hash = appendHash(hash, SENTENCE_END);
    } else {
      const id = wordIds[token];
      if (id < 0) continue;
      endsWithEnd = false;
      tokens[length++] = id;
      hash = appendHash(hash, id);
    }
  }
  return { length, sentenceEnds, startsWithEnd: length > 0 && tokens[0] === SENTENCE_END, endsWithEnd, hash };
}
