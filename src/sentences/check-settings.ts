import { type SentenceSettings, WEIGHTINGS } from '../model/sentence-settings.ts';
import { BOOLEAN, checkOptions, numberFrom, type OptionRule, type OptionRules, oneOf } from '../text/check-options.ts';

const NUMBERS: OptionRule = { wanted: 'a Float32Array', accepts: (value) => value instanceof Float32Array };

const RULES: OptionRules<SentenceSettings> = {
  weighting: oneOf(WEIGHTINGS),
  smoothing: numberFrom(0, Number.MAX_VALUE),
  weights: NUMBERS,
  divideBy: oneOf(['tokens']),
  unknownWeight: numberFrom(0, Number.MAX_VALUE),
  standIns: BOOLEAN,
  unitWords: BOOLEAN,
  components: NUMBERS,
  componentShares: NUMBERS,
  projection: NUMBERS,
  normalize: BOOLEAN,
  sentences: numberFrom(0, Number.MAX_SAFE_INTEGER),
};
const NEEDED = ['weighting', 'unknownWeight', 'unitWords', 'normalize', 'sentences'] as const;

/**
 * Refuses settings that are not whole: a weighting alone has no effect, as the weights make it.
 *
 * @throws TypeError for what is no object or lacks a setting; RangeError for one that there is not, or of another kind
 */
export function checkSentenceSettings(settings: SentenceSettings): void {
  checkOptions(settings, RULES);
  const { weighting, weights } = settings;
  const missing = NEEDED.find((name) => settings[name] === undefined);
  const lacks = missing ?? (weighting !== undefined && weighting !== 'mean' && !weights ? 'weights' : undefined);
  if (lacks === undefined) return;
  throw new TypeError(
    `The settings of sentences lack "${lacks}": give those that fitSentences makes, such as fitSentences(model, [], { weighting: "sif" }), or change PLAIN_MEAN`,
  );
}
