// What the reader's doings come to: calls of the engine, changes of the state.
import type { EngineEvent, ModelSummary, TrainingSettings } from './engine/api.ts';
import { connectEngine } from './engine/connect.ts';
import { faultOf, messageOf, PageError } from './engine/page-error.ts';
import type { TextInput } from './engine/read-text.ts';
import { keep, loadKept } from './keep.ts';
import { LANGUAGES, type Language, preferredLanguage, textsOf } from './language/languages.ts';
import {
  getState,
  IDLE_TRAINING,
  type Place,
  type SampleName,
  STEPS,
  setState,
  setTraining,
  type Theme,
  type Trouble,
} from './state.ts';

export const engine = connectEngine(onEngineEvent);

export function toTrouble(error: unknown): Trouble {
  const fault = faultOf(error);
  return { fault: fault?.fault, facts: fault?.facts ?? {}, message: messageOf(error) };
}

/** Runs what may fail; a failure is shown, and gives undefined. */
export async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    setState({ trouble: toTrouble(error) });
    return undefined;
  }
}

// The text.

const TOYS: Readonly<Record<Language, readonly string[]>> = {
  en: ['apple banana orange', 'banana apple', 'orange apple banana', 'apple orange', 'banana orange apple'],
  zh: ['苹果 香蕉 橙子', '香蕉 苹果', '橙子 苹果 香蕉', '苹果 橙子', '香蕉 橙子 苹果'],
};
const TOY_LINES = 60;

const SAMPLE_FILES = { english: 'addresses.txt.gz', chinese: 'songci.txt.gz' } as const;

export async function chooseSample(sample: SampleName): Promise<void> {
  await openWith(sample, async () => {
    if (sample === 'toy') {
      const toy = TOYS[getState().language];
      return {
        name: 'toy.txt',
        text: `${Array.from({ length: TOY_LINES }, (_, i) => toy[i % toy.length]).join('\n')}\n`,
      };
    }
    const name = SAMPLE_FILES[sample];
    const response = await fetch(new URL(`samples/${name}`, document.baseURI));
    if (!response.ok) throw new Error(`Cannot read "${name}": the server answers ${response.status}`);
    return { file: new File([await response.blob()], name) };
  });
}

export async function openInput(input: TextInput): Promise<void> {
  await openWith(undefined, async () => input);
}

async function openWith(sample: SampleName | undefined, load: () => Promise<TextInput>): Promise<void> {
  if (isTraining()) {
    setState({ trouble: toTrouble(new PageError('is-training')) });
    return;
  }
  setState({ isOpening: true, trouble: undefined });
  await attempt(async () => {
    const input = await load();
    const opened = await engine.openText(input);
    // Nobody but the page has the file of a sample.
    const text = sample ? { ...opened, isPlainFile: false } : opened;
    const settings = { ...getState().settings, minCount: undefined, subsample: undefined };
    setState({
      text,
      sample,
      line: firstSentence(text.lines),
      minCount: undefined,
      subsample: undefined,
      vocabulary: undefined,
      settings,
      pinned: [],
      neighbours: [],
      map: undefined,
      training: IDLE_TRAINING,
    });
    void keepText(sample);
  });
  setState({ isOpening: false });
  await refreshVocabulary();
}

/** The first line that reads well as an example: neither a heading nor a paragraph. */
function firstSentence(lines: readonly string[]): number {
  const found = lines.findIndex((line) => {
    const words = /\p{Script=Han}/u.test(line) ? line.length / 2 : line.split(/\s+/).length;
    return words >= 6 && words <= 22;
  });
  return Math.max(0, found);
}

async function keepText(sample: SampleName | undefined): Promise<void> {
  const { text } = getState();
  try {
    if (sample) await keep('text', { sample });
    else if (text) await keep('text', { blob: await engine.usedText(), name: text.name });
  } catch (error) {
    setState({ trouble: toTrouble(error) });
  }
}

let asked = 0;

/** Counts anew as the controls stand; an answer that another question has overtaken is dropped. */
export async function refreshVocabulary(): Promise<void> {
  const { text, tokenizer, minCount, subsample, line } = getState();
  if (!text) return;
  const question = ++asked;
  setState({ isCounting: true });
  const vocabulary = await attempt(() =>
    engine.vocabulary({ tokenizer, minCount, subsample, line: text.lines[line] ?? '' }),
  );
  if (question !== asked) return;
  setState({ vocabulary: vocabulary ?? getState().vocabulary, isCounting: false });
  const { pinned } = getState();
  if (pinned.length === 0 && vocabulary) setState({ pinned: vocabulary.examples.slice(0, 3) });
}

export function changeText(
  change: Partial<Pick<ReturnType<typeof getState>, 'tokenizer' | 'minCount' | 'subsample' | 'line'>>,
): void {
  setState(change);
  const { line: _, ...forTraining } = change;
  setState({ settings: { ...getState().settings, ...forTraining } });
  void refreshVocabulary();
}

// The training.

const SETTLED_SHARE = 0.3;

function onEngineEvent(event: EngineEvent): void {
  if (event.type === 'training') onTrainingEvent(event.event);
  else if (event.type === 'words') setState({ map: { words: event.words, positions: new Float32Array() } });
  else if (event.type === 'map') {
    const { map } = getState();
    if (map) setState({ map: { words: map.words, positions: event.positions } });
    requestAnimationFrame(() => void engine.frameDrawn());
  } else if (event.type === 'neighbours') setState({ neighbours: event.pinned });
}

function onTrainingEvent(event: Extract<EngineEvent, { type: 'training' }>['event']): unknown {
  const { training } = getState();
  switch (event.type) {
    case 'options':
      return setTraining({ threads: event.threads });
    case 'adapted':
      return setTraining({ adapted: event });
    case 'warning':
      if (event.code === 'threads') return setTraining({ threads: 1 });
      return setTraining({ warnings: [...training.warnings, event] });
    case 'progress': {
      const { share, epoch, epochs, wordsPerSecond, secondsLeft, learningRate, loss } = event;
      // The mean of an epoch that has just begun is of few examples.
      const isSettled = Number.isFinite(loss) && share * epochs - (epoch - 1) > SETTLED_SHARE;
      const losses = isSettled ? [...training.losses, [share, loss] as const] : training.losses;
      return setTraining({
        status: training.status === 'paused' ? 'paused' : 'running',
        share,
        epoch,
        epochs,
        wordsPerSecond,
        secondsLeft,
        learningRate,
        losses,
      });
    }
    case 'epoch': {
      const share = event.epoch / event.epochs;
      const heldOutLosses =
        event.heldOutLoss === undefined
          ? training.heldOutLosses
          : [...training.heldOutLosses, [share, event.heldOutLoss] as const];
      return setTraining({
        epoch: event.epoch,
        epochs: event.epochs,
        heldOutLosses,
        losses: [...training.losses, [share, event.loss] as const],
      });
    }
    case 'over-training':
      return setTraining({ overTraining: { epoch: event.epoch, bestEpoch: event.bestEpoch } });
    case 'paused':
      return setTraining({ status: 'paused' });
    case 'continued':
      return setTraining({ status: 'running' });
  }
}

export async function startTraining(): Promise<void> {
  const { settings, pinned } = getState();
  setState({ training: { ...IDLE_TRAINING, status: 'preparing' }, map: undefined, neighbours: [], trouble: undefined });
  const model = await attempt(() => engine.train(settings, pinned));
  if (!model) {
    setTraining({ status: 'idle' });
    return;
  }
  setTraining({ status: 'ended', share: model.endedBy === 'abort' ? getState().training.share : 1 });
  setState({ model, modelSettings: settings, isKept: undefined });
  await drawModel();
  await keepModel(model, settings);
}

/** The map and the neighbours of the model as it is in the end. */
async function drawModel(): Promise<void> {
  const { pinned } = getState();
  const neighbours: { word: string; neighbours: Awaited<ReturnType<typeof engine.neighbours>> }[] = [];
  for (const word of pinned) {
    const found = await engine.neighbours('lesson', word, 6).catch(() => undefined);
    neighbours.push({ word, neighbours: found ?? [] });
  }
  setState({ neighbours });
}

async function keepModel(model: ModelSummary, settings: TrainingSettings | undefined): Promise<void> {
  const isKept = await attempt(async () => {
    await keep('model', { blob: await engine.modelFile(), summary: model, settings });
    return true;
  });
  setState({ isKept: isKept ?? false });
}

export function pauseTraining(): void {
  setTraining({ status: 'paused' });
  void engine.pause();
}

export function resumeTraining(): void {
  setTraining({ status: 'running' });
  void engine.resume();
}

export function stopTraining(): void {
  void engine.stop();
}

export function pinWords(pinned: readonly string[]): void {
  setState({ pinned });
  void engine.pin(pinned);
  if (getState().training.status === 'ended' || getState().training.status === 'idle') void drawModel();
}

export function isTraining(): boolean {
  return ['preparing', 'running', 'paused'].includes(getState().training.status);
}

// The page itself.

export function setLanguage(language: Language): void {
  setState({ language });
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  document.title = textsOf(language).title;
  remember('language', language);
}

export function setTheme(theme: Theme): void {
  setState({ theme });
  document.documentElement.dataset.theme = theme;
  remember('theme', theme);
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`wordkin ${name}`, value);
  } catch {
    // A private window: the next visit begins anew.
  }
}

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`wordkin ${name}`);
  } catch {
    return null;
  }
}

export function goTo(place: Place): void {
  location.hash = `#/${place}`;
}

function placeOf(hash: string): Place {
  const name = hash.replace(/^#\/?/, '');
  if (name === 'playground') return 'playground';
  return STEPS.find((step) => step === name) ?? 'words';
}

/** What the page begins with: language and theme as they were, the text and the model that the browser kept. */
export async function begin(): Promise<void> {
  const language = LANGUAGES.find((known) => known === remembered('language'));
  setLanguage(language ?? preferredLanguage());
  const theme = remembered('theme');
  setTheme(theme === 'light' || theme === 'dark' ? theme : 'auto');
  setState({ place: placeOf(location.hash) });
  addEventListener('hashchange', () => setState({ place: placeOf(location.hash), trouble: undefined }));
  addEventListener('beforeunload', (event) => {
    if (isTraining()) event.preventDefault();
  });
  await loadKeptModel();
  const text = await loadKept<{ sample: SampleName } | { blob: Blob; name: string }>('text');
  if (text && 'blob' in text) await openInput({ name: text.name, text: await text.blob.text() });
  // A first visit loads no more than it must: the large samples come when they are chosen.
  else await chooseSample(text?.sample ?? 'toy');
}

async function loadKeptModel(): Promise<void> {
  const kept = await loadKept<{ blob: Blob; summary: ModelSummary; settings: TrainingSettings | undefined }>('model');
  if (!kept) return;
  await attempt(async () => {
    const model = await engine.openModel('lesson', kept.blob, kept.summary.name);
    setState({ model: { ...model, ...kept.summary, hash: model.hash }, modelSettings: kept.settings, isKept: true });
  });
}
