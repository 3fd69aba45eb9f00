import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { AnalogyView, ComparisonView, Neighbour, Slot } from '../engine/api.ts';
import { decimal, percent, similar, useTexts } from '../language/languages.ts';
import { Ask, Bar, Field, Happened, NeedModel, NumberInput, Panel } from '../parts.tsx';
import { type SampleName, useStore } from '../state.ts';
import { ParallelogramView } from '../views/parallelogram.tsx';

const TUTORIAL_FIRST = [0.3, 0.7, 0.5];
const TUTORIAL_SECOND = [0.4, 0.6, 0.9];
const SLOT: Slot = 'lesson';

export function AskStep() {
  const texts = useTexts();
  const own = texts.askStep;
  const model = useStore((state) => state.model);
  const [nearest, setNearest] = useState<{ word: string; list: readonly Neighbour[] } | undefined>(undefined);
  // Of the model: the text may be another one by now.
  const known = (model?.examples.length ?? 0) > 0 ? model!.examples : (model?.frequent ?? []);
  const start = known[0] ?? '';
  const ask = (word: string) =>
    void attempt(async () => setNearest({ word, list: await engine.neighbours(SLOT, word, 8) }));
  useEffect(() => {
    if (model && start !== '') ask(start);
  }, [model, start]);
  return (
    <>
      {model ? (
        <>
          <div class="columns">
            <Panel title={own.neighbours}>
              <Ask label={own.wordLabel} button={own.ask} initial={start} list={known} onAsk={ask} />
              {nearest && <NeighbourList list={nearest.list} />}
            </Panel>
            <Panel title={own.context}>
              {model.hasContext ? <Context start={start} list={known} /> : <p class="note">{own.noContext}</p>}
            </Panel>
          </div>
          <Analogy words={known} />
          <div class="columns">
            <OddOneOut words={known} />
            <CompareWords words={known} />
          </div>
        </>
      ) : (
        <NeedModel />
      )}
      <TutorialComparison />
      <Happened>
        {nearest?.list[0]
          ? own.happened(nearest.word, nearest.list[0].word, similar(nearest.list[0].similarity))
          : own.happenedNone}
      </Happened>
    </>
  );
}

export function NeighbourList({ list }: { list: readonly Neighbour[] }) {
  return (
    <ol class="counts">
      {list.map(({ word, similarity }) => (
        <li key={word}>
          <span class="word">{word}</span>
          <Bar share={similarity} />
          <span class="number">{similar(similarity)}</span>
        </li>
      ))}
    </ol>
  );
}

function Context({ start, list }: { start: string; list: readonly string[] }) {
  const own = useTexts().askStep;
  const [found, setFound] = useState<readonly { word: string; probability: number }[]>([]);
  const ask = (word: string) => void attempt(async () => setFound((await engine.context(SLOT, word)).slice(0, 8)));
  useEffect(() => {
    if (start !== '') ask(start);
  }, [start]);
  const most = found[0]?.probability ?? 1;
  return (
    <>
      <Ask label={own.wordLabel} button={own.ask} initial={start} list={list} onAsk={ask} />
      <ol class="counts">
        {found.map(({ word, probability }) => (
          <li key={word}>
            <span class="word">{word}</span>
            <Bar share={probability / most} />
            <span class="number">{percent(probability, 2)}</span>
          </li>
        ))}
      </ol>
      <p class="note">{own.contextNote}</p>
    </>
  );
}

/** For the samples an analogy that their words answer. */
const ANALOGIES: Partial<Record<SampleName, [string, string, string]>> = {
  english: ['man', 'men', 'woman'],
  chinese: ['春', '花', '秋'],
};

function Analogy({ words }: { words: readonly string[] }) {
  const own = useTexts().askStep;
  const sample = useStore((state) => (state.text?.identity === state.model?.textIdentity ? state.sample : undefined));
  const [[a, b, c], setWords] = useState<[string, string, string]>(
    ANALOGIES[sample ?? 'toy'] ?? [words[0] ?? '', words[1] ?? '', words[2] ?? ''],
  );
  const [view, setView] = useState<{ words: [string, string, string]; view: AnalogyView } | undefined>(undefined);
  const field = (label: string, value: string, change: (text: string) => void) => (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          type="text"
          value={value}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => change(currentTarget.value)}
        />
      )}
    </Field>
  );
  return (
    <Panel title={own.analogy}>
      <p class="note">{own.analogyNote}</p>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(async () =>
            setView({ words: [a, b, c], view: await engine.analogy(SLOT, a.trim(), b.trim(), c.trim()) }),
          );
        }}
      >
        {field('a', a, (text) => setWords([text, b, c]))}
        {field('b', b, (text) => setWords([a, text, c]))}
        {field('c', c, (text) => setWords([a, b, text]))}
        <button type="submit">{own.ask}</button>
      </form>
      {view && (
        <div class="columns">
          <ParallelogramView
            words={[...view.words, view.view.answers[0].word]}
            points={view.view.points}
            alt={own.parallelogram(...view.words, view.view.answers[0].word)}
          />
          <NeighbourList list={view.view.answers} />
        </div>
      )}
    </Panel>
  );
}

function OddOneOut({ words }: { words: readonly string[] }) {
  const own = useTexts().askStep;
  const [answer, setAnswer] = useState<readonly Neighbour[]>([]);
  return (
    <Panel title={own.odd}>
      <Ask
        label={own.oddLabel}
        button={own.ask}
        initial={words.slice(0, 4).join(' ')}
        onAsk={(text) => void attempt(async () => setAnswer(await engine.oddOneOut(SLOT, text.split(/\s+/))))}
      />
      {answer.length > 0 && (
        <>
          <p>{own.oddAnswer(answer[0].word)}</p>
          <NeighbourList list={answer} />
        </>
      )}
    </Panel>
  );
}

function CompareWords({ words }: { words: readonly string[] }) {
  const own = useTexts().askStep;
  const [answer, setAnswer] = useState<ComparisonView | undefined>(undefined);
  return (
    <Panel title={own.compare}>
      <Ask
        label={own.oddLabel}
        button={own.ask}
        initial={words.slice(0, 2).join(' ')}
        onAsk={(text) => {
          const [first = '', second = ''] = text.split(/\s+/);
          void attempt(async () => setAnswer(await engine.compareWords(SLOT, first, second)));
        }}
      />
      {answer && <Comparison view={answer} />}
      <p class="note">{own.compareNote}</p>
    </Panel>
  );
}

function Comparison({ view }: { view: ComparisonView }) {
  const own = useTexts().askStep;
  return (
    <dl class="facts">
      <dt>{own.cosine}</dt>
      <dd>{similar(view.cosine)}</dd>
      <dt>{own.euclidean}</dt>
      <dd>{decimal(view.euclidean)}</dd>
    </dl>
  );
}

/** Two vectors of three numbers, to be changed. */
function TutorialComparison() {
  const texts = useTexts();
  const own = texts.askStep;
  const [vectors, setVectors] = useState<[number[], number[]]>([TUTORIAL_FIRST, TUTORIAL_SECOND]);
  const [view, setView] = useState<ComparisonView | undefined>(undefined);
  useEffect(() => {
    void attempt(async () => setView(await engine.compareVectors(...vectors)));
  }, [vectors]);
  const row = (place: 0 | 1, name: string) => (
    <p class="vector-inputs">
      <span>{name}</span>
      <span class="vector-input">
        {vectors[place].map((value, d) => (
          <NumberInput
            key={d}
            label={texts.sentencesStep.component(name, String(d + 1))}
            value={value}
            step={0.1}
            onNumber={(next) => {
              const changed = vectors.map((vector, at) =>
                at === place ? vector.map((other, i) => (i === d ? next : other)) : vector,
              );
              setVectors(changed as [number[], number[]]);
            }}
          />
        ))}
      </span>
    </p>
  );
  return (
    <Panel title={own.tutorialVectors} className="tutorial-comparison">
      {row(0, own.first)}
      {row(1, own.second)}
      {view && <Comparison view={view} />}
      <p class="note">{own.compareNote}</p>
    </Panel>
  );
}
