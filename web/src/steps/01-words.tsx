import { useState } from 'preact/hooks';
import { changeText, chooseSample, isTraining, openInput } from '../actions.ts';
import { TOKENIZER_CHOICES, type VocabularyView } from '../engine/api.ts';
import { bytes, percent, useTexts, whole } from '../language/languages.ts';
import { Bar, Choice, Field, FilePicker, Happened, Panel, Slider, Switch } from '../parts.tsx';
import { type SampleName, useStore } from '../state.ts';
import { TokensView } from '../views/tokens.tsx';

const SUBSAMPLES = [0, 1e-2, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5];
const MOST_MIN_COUNT = 50;
const SHOWN_WORDS = 14;

export function WordsStep() {
  const texts = useTexts();
  const text = useStore((state) => state.text);
  const vocabulary = useStore((state) => state.vocabulary);
  const { happened } = texts.wordsStep;
  return (
    <>
      <TextChoice />
      {text?.isCut && (
        <p class="notice">{texts.cutText(text.name, bytes(text.usedByteLength), bytes(text.byteLength))}</p>
      )}
      {text && vocabulary && (
        <>
          <Line vocabulary={vocabulary} />
          <Vocabulary vocabulary={vocabulary} />
          <Happened>
            {happened(
              whole(vocabulary.allTokens),
              whole(vocabulary.allWords),
              whole(vocabulary.words),
              percent(vocabulary.wordTokens / Math.max(1, vocabulary.allTokens), 1),
              whole(vocabulary.keptTokens),
            )}
          </Happened>
        </>
      )}
    </>
  );
}

function TextChoice() {
  const texts = useTexts();
  const own = texts.wordsStep;
  const text = useStore((state) => state.text);
  const sample = useStore((state) => state.sample);
  const isOpening = useStore((state) => state.isOpening);
  const isBusy = useStore(isTraining);
  const [choice, setChoice] = useState<SampleName | 'own' | undefined>(undefined);
  const shown = choice ?? sample ?? (text ? 'own' : 'english');
  return (
    <Panel>
      {isBusy && <p class="notice">{texts.faults['is-training']}</p>}
      <fieldset class="text-choice" disabled={isBusy} aria-label={own.samples}>
        <Switch<SampleName | 'own'>
          label={own.samples}
          value={shown}
          options={[
            ['english', own.english],
            ['chinese', own.chinese],
            ['toy', own.toy],
            ['own', own.own],
          ]}
          onChange={(name) => {
            setChoice(name);
            if (name !== 'own') void chooseSample(name);
          }}
        />
        {shown === 'own' && <OwnText />}
      </fieldset>
      <p class="note" role="status">
        {isOpening ? texts.working : text ? own.opened(text.name, bytes(text.byteLength)) : ''}
      </p>
    </Panel>
  );
}

function OwnText() {
  const own = useTexts().wordsStep;
  const [pasted, setPasted] = useState('');
  const [field, setField] = useState('text');
  const open = (file: File | undefined) => file && void openInput({ file, field: field.trim() || 'text' });
  return (
    <div class="own-text">
      <Field label={own.pasteLabel}>
        {(id) => (
          <textarea
            id={id}
            rows={5}
            placeholder={own.pastePlaceholder}
            value={pasted}
            onInput={({ currentTarget }) => setPasted(currentTarget.value)}
          />
        )}
      </Field>
      <button type="button" class="primary" onClick={() => void openInput({ name: own.pasted, text: pasted })}>
        {own.use}
      </button>
      <div class="row">
        <FilePicker
          label={own.fileLabel}
          accept=".txt,.gz,.jsonl,.ndjson,.json,.csv,.tsv,text/*"
          onFiles={([file]) => open(file)}
        />
        <Field label={own.fieldLabel}>
          {(id) => (
            <input id={id} type="text" value={field} onInput={({ currentTarget }) => setField(currentTarget.value)} />
          )}
        </Field>
      </div>
    </div>
  );
}

function Line({ vocabulary }: { vocabulary: VocabularyView }) {
  const own = useTexts().wordsStep;
  const text = useStore((state) => state.text)!;
  const line = useStore((state) => state.line);
  const tokenizer = useStore((state) => state.tokenizer);
  const { minCount } = vocabulary;
  return (
    <Panel title={own.lineTitle}>
      {vocabulary.tokenizer === 'chinese' && vocabulary.engine === 'Intl.Segmenter' && (
        <p class="notice">{own.browserSegmenter}</p>
      )}
      <div class="row">
        <Choice
          label={own.tokenizer}
          value={tokenizer}
          options={TOKENIZER_CHOICES.map((name) => [name, own.tokenizers[name]] as const)}
          onChange={(name) => changeText({ tokenizer: name })}
        />
        <div class="buttons">
          <button
            type="button"
            aria-label={own.previousLine}
            disabled={line === 0}
            onClick={() => changeText({ line: line - 1 })}
          >
            ←
          </button>
          <span class="note">{own.lineNumber(String(line + 1), String(text.lines.length))}</span>
          <button
            type="button"
            aria-label={own.nextLine}
            disabled={line >= text.lines.length - 1}
            onClick={() => changeText({ line: line + 1 })}
          >
            →
          </button>
        </div>
      </div>
      <p class="source-line">{text.lines[line]}</p>
      <TokensView
        tokens={vocabulary.tokens.map(({ text, count }) => ({ text, isPale: count < minCount, note: String(count) }))}
      />
      {vocabulary.tokens.length === 0 && <p class="notice">{own.noTokens}</p>}
      <p class="note">
        {own.chosen(vocabulary.tokenizer, vocabulary.engine ?? '')} {own.tokenNote}
      </p>
    </Panel>
  );
}

function Vocabulary({ vocabulary }: { vocabulary: VocabularyView }) {
  const texts = useTexts();
  const own = texts.wordsStep;
  const { minCount, subsample } = vocabulary;
  const most = vocabulary.frequent[0]?.count ?? 1;
  return (
    <Panel title={own.vocabularyTitle}>
      <div class="row">
        <Slider
          label={own.minCount}
          value={minCount}
          minimum={1}
          maximum={MOST_MIN_COUNT}
          onChange={(value) => changeText({ minCount: value })}
        />
        <Slider
          label={own.subsample}
          value={Math.max(0, SUBSAMPLES.indexOf(subsample))}
          minimum={0}
          maximum={SUBSAMPLES.length - 1}
          shown={
            subsample === 0
              ? own.off
              : subsample
                  .toExponential()
                  .replace('e-', '·10⁻')
                  .replace(/\d$/, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)])
          }
          onChange={(value) => changeText({ subsample: SUBSAMPLES[value] })}
        />
      </div>
      <div class="columns">
        <div>
          <h3>{own.frequent}</h3>
          <ol class="counts">
            {vocabulary.frequent.slice(0, SHOWN_WORDS).map(({ word, count, keep }) => (
              <li key={word}>
                <span class="word">{word}</span>
                <Bar share={count / most} inner={(count * keep) / most} />
                <span class="number">{whole(count)}</span>
              </li>
            ))}
          </ol>
          <p class="note">{own.frequentNote}</p>
        </div>
        <div>
          <h3>{own.dropped}</h3>
          {vocabulary.dropped.length === 0 ? (
            <p class="note">{own.noneDropped}</p>
          ) : (
            <TokensView
              tokens={vocabulary.dropped
                .slice(0, 40)
                .map(({ word, count }) => ({ text: word, isPale: true, note: String(count) }))}
            />
          )}
        </div>
      </div>
    </Panel>
  );
}
