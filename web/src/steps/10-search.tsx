import { useEffect, useState } from 'preact/hooks';
import { attempt, engine, toTrouble } from '../actions.ts';
import { connectSearch } from '../engine/connect.ts';
import type { Found } from '../engine/search-worker.ts';
import { similar, useTexts } from '../language/languages.ts';
import { Ask, Bar, Field, Happened, NeedModel, Panel } from '../parts.tsx';
import { setState, useStore } from '../state.ts';

const TEXT_LINES = 200;
type Database = ReturnType<typeof connectSearch>;

/** The page's only database; it outlives the step. */
let database: Database | undefined;
let openFor: string | undefined;

export function SearchStep() {
  const texts = useTexts();
  const own = texts.searchStep;
  const model = useStore((state) => state.model);
  const [count, setCount] = useState<number | undefined>(undefined);
  const [busy, setBusy] = useState<string | undefined>(undefined);
  const [isOther, setOther] = useState(false);
  const [hits, setHits] = useState<{ question: string; list: readonly Found[] } | undefined>(undefined);
  const open = async (isAnew: boolean) => {
    setBusy(own.opening);
    database ??= connectSearch();
    const calls = database;
    try {
      // What is open for an earlier model is closed first.
      if (openFor !== undefined && openFor !== model?.hash) await calls.close();
      openFor = model?.hash;
      setCount(await calls.open(await engine.modelFile(), new URL('packages/', document.baseURI).href, isAnew));
      setOther(false);
      remember();
    } catch (error) {
      openFor = undefined;
      const trouble = toTrouble(error);
      if (/model/.test(trouble.message) && !trouble.fault) setOther(true);
      setState({ trouble });
    }
    setBusy(undefined);
  };
  useEffect(() => {
    if (model && (openFor === model.hash || wasOpen())) void open(false);
  }, [model?.hash]);
  if (!model) return <NeedModel />;
  if (count === undefined) {
    return (
      <>
        <Panel>
          <div class="buttons">
            <button type="button" class="primary" disabled={busy !== undefined} onClick={() => void open(false)}>
              {own.open}
            </button>
            {isOther && (
              <button type="button" onClick={() => void open(true)}>
                {own.anew}
              </button>
            )}
          </div>
          <p class="note" role="status">
            {busy ?? (isOther ? own.otherModel : '')}
          </p>
        </Panel>
        <Happened>{own.happenedNone}</Happened>
      </>
    );
  }
  const calls = database!;
  return (
    <>
      <Texts calls={calls} count={count} onCount={setCount} />
      <Panel title={own.question}>
        <Ask
          label={own.question}
          button={own.search}
          initial=""
          onAsk={(question) => void attempt(async () => setHits({ question, list: await calls.search(question) }))}
        />
        {hits && <Hits list={hits.list} />}
      </Panel>
      <Happened>
        {hits === undefined
          ? own.stored(String(count))
          : hits.list.length === 0
            ? own.nothing
            : own.happened(String(count), hits.question)}
      </Happened>
    </>
  );
}

function Texts({ calls, count, onCount }: { calls: Database; count: number; onCount: (count: number) => void }) {
  const own = useTexts().searchStep;
  const [lines, setLines] = useState('');
  const [isBusy, setBusy] = useState(false);
  const add = async () => {
    setBusy(true);
    const list = [...new Set(lines.split('\n').map((line) => line.trim()))].filter((line) => line !== '');
    await attempt(async () => onCount(await calls.add(list)));
    setBusy(false);
  };
  const take = () =>
    attempt(async () => {
      const text = await (await engine.usedText()).slice(0, 1 << 18).text();
      setLines(
        text
          .split('\n')
          .filter((line) => line.trim().length > 12)
          .slice(0, TEXT_LINES)
          .join('\n'),
      );
    });
  return (
    <Panel>
      <Field label={own.texts}>
        {(id) => (
          <textarea id={id} rows={6} value={lines} onInput={({ currentTarget }) => setLines(currentTarget.value)} />
        )}
      </Field>
      <div class="buttons">
        <button type="button" onClick={() => void take()}>
          {own.fromText}
        </button>
        <button type="button" class="primary" disabled={isBusy || lines.trim() === ''} onClick={() => void add()}>
          {own.add}
        </button>
        <button
          type="button"
          disabled={count === 0 || isBusy}
          onClick={() => void attempt(async () => onCount(await calls.clear()))}
        >
          {own.clear}
        </button>
      </div>
      <p class="note" role="status">
        {isBusy ? own.adding : own.stored(String(count))}
      </p>
    </Panel>
  );
}

function Hits({ list }: { list: readonly Found[] }) {
  const own = useTexts().searchStep;
  if (list.length === 0) return <p>{own.nothing}</p>;
  return (
    <ol class="hits">
      {list.map(({ id, text, similarity, reasons }) => (
        <li key={id}>
          <div class="hit-head">
            <Bar share={similarity} />
            <span class="number">{similar(similarity)}</span>
          </div>
          <p>{text}</p>
          <p class="note">
            {own.because} {reasons.map(({ word, contribution }) => `${word} ${similar(contribution, 2)}`).join(', ')}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** Whether the reader has opened the database before: then it is opened again without being asked. */
function wasOpen(): boolean {
  try {
    return localStorage.getItem('wordkin search') === 'open';
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem('wordkin search', 'open');
  } catch {
    // A private window: the next visit asks again.
  }
}
