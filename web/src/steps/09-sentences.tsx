import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { ExplanationView, SentenceView } from '../engine/api.ts';
import { decimal, similar, useTexts } from '../language/languages.ts';
import { Bar, Field, Happened, NeedModel, NumberInput, Panel, Switch } from '../parts.tsx';
import { useStore } from '../state.ts';
import { TokensView } from '../views/tokens.tsx';

const TUTORIAL_WORDS = ['我', '喜欢', '苹果'];
const TUTORIAL_TEXT = '我喜欢苹果';
const TUTORIAL_VECTORS = [0.2, 0.3, 0.5, 0.4, 0.1, 0.8, 0.6, 0.7, 0.9];
type Weighting = 'weighted' | 'plain';

export function SentencesStep() {
  const model = useStore((state) => state.model);
  return (
    <>
      <Tutorial />
      {model ? <Yours /> : <NeedModel />}
    </>
  );
}

function Tutorial() {
  const texts = useTexts();
  const own = texts.sentencesStep;
  const [vectors, setVectors] = useState(TUTORIAL_VECTORS);
  const [view, setView] = useState<SentenceView | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    void attempt(async () => {
      const encoded = await engine.encodeByHand(TUTORIAL_WORDS, 3, vectors, TUTORIAL_TEXT);
      if (isCurrent) setView(encoded);
    });
    return () => {
      isCurrent = false;
    };
  }, [vectors]);
  const vector = (view?.vector ?? []).map((value) => decimal(value)).join(', ');
  return (
    <>
      <Panel title={own.tutorial}>
        <p>{own.tutorialSentence}</p>
        <TokensView tokens={(view?.tokens ?? []).map((text) => ({ text }))} />
        <div class="sum">
          {TUTORIAL_WORDS.map((word, id) => (
            <p key={word} class="vector-inputs">
              <span>{own.vectorOf(word)}</span>
              <span class="vector-input">
                {[0, 1, 2].map((d) => (
                  <NumberInput
                    key={d}
                    label={own.component(word, String(d + 1))}
                    value={vectors[3 * id + d]}
                    step={0.1}
                    onNumber={(next) => setVectors(vectors.map((value, i) => (i === 3 * id + d ? next : value)))}
                  />
                ))}
              </span>
            </p>
          ))}
          <p class="vector-inputs result">
            <span>{own.mean}</span>
            <output class="tutorial-vector">{view ? `[${vector}]` : texts.working}</output>
          </p>
        </div>
      </Panel>
      {view && <Happened>{own.happenedTutorial(vector)}</Happened>}
    </>
  );
}

function Yours() {
  const texts = useTexts();
  const own = texts.sentencesStep;
  const lines = useStore((state) => state.text?.lines) ?? [];
  const [sentences, setSentences] = useState<[string, string]>([
    (lines[1] ?? lines[0] ?? '').slice(0, 160),
    (lines[4] ?? lines[0] ?? '').slice(0, 160),
  ]);
  const [weighting, setWeighting] = useState<Weighting>('weighted');
  const [parts, setParts] = useState<SentenceView | undefined>(undefined);
  const [explained, setExplained] = useState<ExplanationView | undefined>(undefined);
  const [first, second] = sentences;
  useEffect(() => {
    let isCurrent = true;
    void attempt(async () => {
      const [encoded, answer] = await Promise.all([
        engine.encodeSentence(first, weighting === 'plain'),
        engine.explain(first, second, weighting === 'plain'),
      ]);
      if (!isCurrent) return;
      setParts(encoded);
      setExplained(answer);
    });
    return () => {
      isCurrent = false;
    };
  }, [first, second, weighting]);
  const most = Math.max(1e-9, ...(parts?.parts ?? []).map(({ weight }) => weight));
  const sentence = ({ cosine, first: ofFirst, second: ofSecond }: ExplanationView) =>
    ofFirst[0] && ofSecond[0] ? own.happened(similar(cosine), ofFirst[0].word, ofSecond[0].word) : own.noWords;
  const input = (label: string, value: string, change: (text: string) => void) => (
    <Field label={label}>
      {(id) => <textarea id={id} rows={2} value={value} onInput={({ currentTarget }) => change(currentTarget.value)} />}
    </Field>
  );
  return (
    <>
      <Panel title={own.yours}>
        {input(own.firstLabel, first, (text) => setSentences([text, second]))}
        {input(own.secondLabel, second, (text) => setSentences([first, text]))}
      </Panel>
      <Panel title={own.weightTitle}>
        <Switch<Weighting>
          label={own.weighting}
          value={weighting}
          options={[
            ['weighted', own.weighted],
            ['plain', own.plain],
          ]}
          onChange={setWeighting}
        />
        <ul class="counts">
          {(parts?.parts ?? []).slice(0, 24).map(({ word, weight, standIns }, place) => (
            <li key={place}>
              <span class="word">{standIns ? `${word} (${standIns.join(' ')})` : word}</span>
              <Bar share={weight / most} />
              <span class="number">{decimal(weight, 2)}</span>
            </li>
          ))}
        </ul>
        {weighting === 'weighted' && <p class="note">{own.weightNote}</p>}
        {parts && parts.unknown.length > 0 && <p class="note">{own.unknown(parts.unknown.join(', '))}</p>}
      </Panel>
      {explained && (
        <Panel title={own.similar}>
          <Coloured tokens={explained.tokens[0]} contributions={explained.first} />
          <Coloured tokens={explained.tokens[1]} contributions={explained.second} />
          <p class="note">{own.explanation}</p>
        </Panel>
      )}
      {explained && <Happened>{sentence(explained)}</Happened>}
    </>
  );
}

/** A sentence whose words are coloured by what they add. */
function Coloured({
  tokens,
  contributions,
}: {
  tokens: readonly string[];
  contributions: readonly { word: string; contribution: number }[];
}) {
  const own = useTexts().sentencesStep;
  const byWord = new Map(contributions.map(({ word, contribution }) => [word, contribution]));
  const most = Math.max(1e-9, ...contributions.map(({ contribution }) => contribution));
  // What a word adds is told once, however often it comes.
  const isFirst = (text: string, place: number) => tokens.indexOf(text) === place;
  return (
    <TokensView
      tokens={tokens.map((text, place) => {
        const contribution = byWord.get(text);
        return contribution === undefined
          ? { text, isPale: true }
          : {
              text,
              strength: contribution / most,
              note: own.adds(text, similar(contribution)),
              number: isFirst(text, place) ? similar(contribution) : undefined,
            };
      })}
    />
  );
}
