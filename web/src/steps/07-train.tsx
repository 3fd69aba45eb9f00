import {
  changeText,
  chooseSample,
  isTraining,
  pauseTraining,
  pinWords,
  resumeTraining,
  startTraining,
  stopTraining,
} from '../actions.ts';
import type { TrainingSettings } from '../engine/api.ts';
import { decimal, percent, similar, type Texts, useTexts, whole } from '../language/languages.ts';
import { Ask, Choice, Happened, NeedText, NumberField, Panel } from '../parts.tsx';
import { type Adapted, setState, useStore } from '../state.ts';
import { CurvesView } from '../views/curves.tsx';
import { MapView } from '../views/map-view.tsx';

export function TrainStep() {
  const texts = useTexts();
  const text = useStore((state) => state.text);
  const isIsolated = useStore((state) => state.isIsolated);
  if (!text) return <NeedText />;
  return (
    <>
      {!isIsolated && <p class="notice">{texts.notIsolated}</p>}
      <Tiny />
      <Settings />
      <Controls />
      <LiveMap />
      <div class="columns">
        <Losses />
        <Pins />
      </div>
      <Sentence />
    </>
  );
}

/** Fewer words make no map. */
const FEW_WORDS = 50;

function Tiny() {
  const texts = useTexts();
  const words = useStore((state) => state.vocabulary?.words);
  const isOpening = useStore((state) => state.isOpening);
  if (words === undefined || words >= FEW_WORDS || isTraining()) return null;
  return (
    <Panel>
      <p>{texts.trainStep.tiny}</p>
      <div class="buttons">
        {(['english', 'chinese'] as const).map((name) => (
          <button key={name} type="button" disabled={isOpening} onClick={() => void chooseSample(name)}>
            {texts.wordsStep[name]}
          </button>
        ))}
      </div>
    </Panel>
  );
}

function Settings() {
  const own = useTexts().trainStep;
  const settings = useStore((state) => state.settings);
  const status = useStore((state) => state.training.status);
  const change = (part: Partial<TrainingSettings>) => setState({ settings: { ...settings, ...part } });
  return (
    <Panel title={own.settings}>
      <fieldset class="settings" disabled={['preparing', 'running', 'paused'].includes(status)}>
        <legend class="note">{own.settingsNote}</legend>
        <NumberField
          label={own.dimensions}
          value={settings.dimensions}
          minimum={2}
          maximum={300}
          onChange={(value) => change({ dimensions: value ?? 100 })}
        />
        <NumberField
          label={own.window}
          value={settings.window}
          minimum={1}
          maximum={50}
          placeholder={own.follows}
          onChange={(window) => change({ window })}
        />
        <NumberField
          label={own.epochs}
          value={settings.epochs}
          minimum={1}
          maximum={1000}
          placeholder={own.follows}
          onChange={(epochs) => change({ epochs })}
        />
        <NumberField
          label={own.minCount}
          value={settings.minCount}
          minimum={1}
          maximum={10_000}
          placeholder={own.follows}
          onChange={(minCount) => changeText({ minCount })}
        />
        <NumberField
          label={own.rate}
          value={settings.learningRate}
          minimum={0.0001}
          maximum={10}
          isWhole={false}
          placeholder={own.follows}
          onChange={(learningRate) => change({ learningRate })}
        />
        <NumberField
          label={own.negative}
          value={settings.negative}
          minimum={1}
          maximum={100}
          placeholder={settings.algorithm === 'cbow' ? '10' : '5'}
          onChange={(negative) => change({ negative })}
        />
        <NumberField
          label={own.threads}
          value={settings.threads}
          minimum={1}
          maximum={64}
          placeholder={own.all}
          onChange={(threads) => change({ threads })}
        />
        <Choice
          label={own.algorithm}
          value={settings.algorithm}
          options={[
            ['skip-gram', 'skip-gram'],
            ['cbow', 'CBOW'],
          ]}
          onChange={(algorithm) => change({ algorithm })}
        />
        <Choice
          label={own.loss}
          value={settings.loss}
          options={[
            ['negative-sampling', own.losses['negative-sampling']],
            ['hierarchical-softmax', own.losses['hierarchical-softmax']],
          ]}
          onChange={(loss) => change({ loss })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={settings.deterministic}
            onChange={({ currentTarget }) => change({ deterministic: currentTarget.checked })}
          />
          <span>{own.deterministic}</span>
        </label>
      </fieldset>
    </Panel>
  );
}

function Controls() {
  const own = useTexts().trainStep;
  const training = useStore((state) => state.training);
  const { status, share, epoch, epochs, wordsPerSecond, threads, secondsLeft } = training;
  const isBusy = isTraining();
  const state =
    status === 'running' || status === 'paused'
      ? own.status[status](String(epoch), String(epochs))
      : own.status[status];
  return (
    <Panel className="controls">
      <div class="buttons">
        {!isBusy && (
          <button type="button" class="primary" onClick={() => void startTraining()}>
            {status === 'ended' ? own.startAgain : own.start}
          </button>
        )}
        {status === 'running' && (
          <button type="button" class="primary" onClick={pauseTraining}>
            {own.pause}
          </button>
        )}
        {status === 'paused' && (
          <button type="button" class="primary" onClick={resumeTraining}>
            {own.resume}
          </button>
        )}
        {(status === 'running' || status === 'paused') && (
          <button type="button" onClick={stopTraining}>
            {own.stop}
          </button>
        )}
        <span>{state}</span>
        <span class="number">{status === 'idle' ? '' : percent(share)}</span>
        <span class="note number">
          {status === 'running'
            ? `${own.speed(whole(wordsPerSecond), String(threads))}${Number.isFinite(secondsLeft) ? `, ${own.left(whole(secondsLeft))}` : ''}`
            : ''}
        </span>
      </div>
      <progress max={1} value={share} aria-label={own.progress} />
      {training.adapted && <p class="note">{adaptedLine(training.adapted, own)}</p>}
      {training.overTraining && (
        <p class="notice">
          {own.overTraining(String(training.overTraining.epoch), String(training.overTraining.bestEpoch))}
        </p>
      )}
      {training.warnings.map(({ code, message }) => (
        <div key={message} class="notice">
          {own.warning(code) !== '' && <p>{own.warning(code)}</p>}
          <p lang="en">{message}</p>
        </div>
      ))}
    </Panel>
  );
}

function adaptedLine({ tokens, chosen, options }: Adapted, own: Texts['trainStep']): string {
  const shown = (value: unknown) => (typeof value === 'number' ? String(value).replace('-', '−') : String(value));
  return own.chosen(whole(tokens), chosen.map((name) => own.chosenValues[name](shown(options[name]))).join(own.comma));
}

function LiveMap() {
  const own = useTexts().trainStep;
  const map = useStore((state) => state.map);
  const pinned = useStore((state) => state.pinned);
  const marked = map ? pinned.map((word) => map.words.indexOf(word)).filter((id) => id >= 0) : [];
  return (
    <Panel title={own.map}>
      {map ? (
        <MapView
          words={map.words}
          positions={map.positions}
          marked={useStable(marked)}
          alt={own.mapAlt(whole(map.words.length))}
          onPick={(id) => {
            const word = map.words[id];
            pinWords(pinned.includes(word) ? pinned.filter((other) => other !== word) : [...pinned.slice(-2), word]);
          }}
        />
      ) : (
        <p class="note empty">{own.noMap}</p>
      )}
    </Panel>
  );
}

const stable = new Map<string, number[]>();

/** The same array for the same numbers, so that the map is not dressed anew for each frame. */
function useStable(ids: number[]): number[] {
  const key = ids.join(' ');
  const known = stable.get(key);
  if (known) return known;
  if (stable.size > 100) stable.clear();
  stable.set(key, ids);
  return ids;
}

function Losses() {
  const own = useTexts().trainStep;
  const losses = useStore((state) => state.training.losses);
  const heldOut = useStore((state) => state.training.heldOutLosses);
  const hasEnded = useStore((state) => state.training.status === 'ended');
  return (
    <Panel title={own.lossCurve}>
      <CurvesView
        alt={own.lossCurve}
        curves={[
          { name: own.training, kind: 'first', points: losses },
          { name: own.heldOut, kind: 'second', points: heldOut },
        ]}
        xAxis={own.shareAxis}
        xMaximum={1}
        showX={(x) => percent(x)}
      />
      {hasEnded && heldOut.length === 0 && <p class="note">{own.nothingHeldOut}</p>}
    </Panel>
  );
}

function Pins() {
  const texts = useTexts();
  const own = texts.trainStep;
  const pinned = useStore((state) => state.pinned);
  const neighbours = useStore((state) => state.neighbours);
  const examples = useStore((state) => state.vocabulary?.examples) ?? [];
  const hasNeighbours = neighbours.length > 0;
  return (
    <Panel title={own.pins}>
      <Ask
        label={own.pin}
        button={own.pinButton}
        initial=""
        list={examples}
        onAsk={(word) => pinWords([...pinned.filter((other) => other !== word).slice(-2), word])}
      />
      <ul class="pins">
        {pinned.map((word) => {
          const found = neighbours.find((entry) => entry.word === word)?.neighbours;
          return (
            <li key={word}>
              <button
                type="button"
                class="token centre"
                aria-label={own.unpin(word)}
                onClick={() => pinWords(pinned.filter((other) => other !== word))}
              >
                {word} ×
              </button>
              <span class="pin-neighbours">
                {found && found.length > 0
                  ? found.map(({ word: near, similarity }) => `${near} ${similar(similarity, 2)}`).join(', ')
                  : hasNeighbours && found
                    ? own.unknownPin
                    : '…'}
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** Seconds; a toy takes less than a tenth of one. */
function shortTime(seconds: number): string {
  return seconds < 1 ? Math.max(0.01, seconds).toFixed(2) : decimal(seconds, 1);
}

function Sentence() {
  const own = useTexts().trainStep;
  const { status, share, losses } = useStore((state) => state.training);
  const model = useStore((state) => state.model);
  const isKept = useStore((state) => state.isKept);
  // Said anew at each tenth, not at each number.
  const tenth = Math.floor(share * 10) / 10;
  if (status === 'running')
    return <Happened>{own.happenedRunning(percent(tenth), decimal(losses.at(-1)?.[1] ?? Number.NaN, 2))}</Happened>;
  if (status === 'paused') return <Happened>{own.happenedPaused}</Happened>;
  if (status !== 'ended' || !model) return <Happened>{own.happenedReady}</Happened>;
  const kept = isKept === undefined ? '' : isKept ? own.kept : own.notKept;
  if (model.endedBy === 'abort')
    return (
      <Happened>
        {own.happenedStopped(percent(share))} {kept}
      </Happened>
    );
  return (
    <Happened>
      {own.happenedEnded(
        whole(model.words),
        String(model.dimensions),
        shortTime(model.seconds ?? 0),
        whole(model.wordsPerSecond ?? 0),
      )}{' '}
      {kept}
    </Happened>
  );
}
