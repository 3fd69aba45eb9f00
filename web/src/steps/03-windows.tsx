import { useEffect, useState } from 'preact/hooks';
import { changeText } from '../actions.ts';
import { useTexts } from '../language/languages.ts';
import { Choice, Happened, NeedText, Panel, Slider, Switch } from '../parts.tsx';
import { useStore } from '../state.ts';
import { WindowView } from '../views/window-view.tsx';
import { contextOf, pairCount } from '../windows.ts';

const MOST_TOKENS = 26;
const MOVE_MILLISECONDS = 1100;
type Algorithm = 'skip-gram' | 'cbow';

export function WindowsStep() {
  const texts = useTexts();
  const own = texts.windowsStep;
  const text = useStore((state) => state.text);
  const vocabulary = useStore((state) => state.vocabulary);
  const line = useStore((state) => state.line);
  const [window, setWindow] = useState(2);
  const [algorithm, setAlgorithm] = useState<Algorithm>('skip-gram');
  const [place, setPlace] = useState(2);
  const [isMoving, setMoving] = useState(false);
  // A training forgets the rare words before it draws windows.
  const minCount = vocabulary?.minCount ?? 1;
  const all = (vocabulary?.tokens ?? []).filter(({ count }) => count >= minCount);
  const forgotten = (vocabulary?.tokens ?? []).filter(({ count }) => count < minCount);
  const tokens = all.slice(0, MOST_TOKENS).map((token) => token.text);
  const centre = Math.min(place, Math.max(0, tokens.length - 1));
  useEffect(() => {
    if (!isMoving || tokens.length === 0) return undefined;
    const timer = setInterval(() => setPlace((at) => (at + 1) % tokens.length), MOVE_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isMoving, tokens.length]);
  if (!vocabulary || !text) return <NeedText />;
  const contexts = contextOf(tokens.length, centre, window);
  const pairs = pairCount(all.length, window);
  const word = tokens[centre] ?? '';
  return (
    <>
      <Panel>
        <div class="row">
          <Switch<Algorithm>
            label={own.algorithm}
            value={algorithm}
            options={[
              ['skip-gram', own.skipGram],
              ['cbow', own.cbow],
            ]}
            onChange={setAlgorithm}
          />
          <Slider label={own.window} value={window} minimum={1} maximum={10} onChange={setWindow} />
        </div>
        <Choice
          label={own.sentence}
          value={String(line)}
          options={text.lines.map(
            (sentence, i) =>
              [String(i), `${i + 1}: ${sentence.slice(0, 60)}${sentence.length > 60 ? '…' : ''}`] as const,
          )}
          onChange={(value) => changeText({ line: Number(value) })}
        />
      </Panel>
      <Panel className="stage">
        {tokens.length === 0 && <p class="note">{own.noWords}</p>}
        <WindowView
          tokens={tokens}
          centre={centre}
          contexts={contexts}
          algorithm={algorithm}
          label={own.seenAt}
          onChoose={setPlace}
        />
        <div class="buttons">
          <button type="button" aria-label={own.left} disabled={centre === 0} onClick={() => setPlace(centre - 1)}>
            ←
          </button>
          <button type="button" class="primary" aria-pressed={isMoving} onClick={() => setMoving(!isMoving)}>
            {isMoving ? own.pause : own.play}
          </button>
          <button
            type="button"
            aria-label={own.right}
            disabled={centre >= tokens.length - 1}
            onClick={() => setPlace(centre + 1)}
          >
            →
          </button>
        </div>
        {forgotten.length > 0 && (
          <p class="note">
            {own.forgotten([...new Set(forgotten.map(({ text }) => text))].slice(0, 12).join(texts.comma))}
          </p>
        )}
        {all.length > tokens.length && <p class="note">{own.firstWords(String(tokens.length), String(all.length))}</p>}
      </Panel>
      <Panel title={own.pairs}>
        <ul class="pairs">
          {algorithm === 'skip-gram' ? (
            contexts.map((at) => (
              <li key={at}>
                <span class="pair-centre">{word}</span>
                <span aria-hidden="true">→</span>
                <span class="pair-context">{tokens[at]}</span>
              </li>
            ))
          ) : (
            <li>
              <span class="pair-context">{contexts.map((at) => tokens[at]).join(' + ')}</span>
              <span aria-hidden="true">→</span>
              <span class="pair-centre">{word}</span>
            </li>
          )}
        </ul>
      </Panel>
      <Happened>
        {tokens.length === 0
          ? own.noWords
          : algorithm === 'skip-gram'
            ? own.happenedSkip(word, String(contexts.length), String(all.length), String(pairs))
            : own.happenedCbow(
                word,
                String(contexts.length),
                String(all.length),
                String(all.length > 1 ? all.length : 0),
              )}
      </Happened>
    </>
  );
}
