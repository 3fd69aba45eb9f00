import type { FunctionComponent } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';
import { goTo, openInput, setLanguage, setTheme } from './actions.ts';
import { LANGUAGES, type Language, useTexts } from './language/languages.ts';
import { Choice, OtherText, TroubleLine } from './parts.tsx';
import { type Place, STEPS, type StepName, type Theme, useStore } from './state.ts';
import { WordsStep } from './steps/01-words.tsx';
import { VectorsStep } from './steps/02-vectors.tsx';
import { WindowsStep } from './steps/03-windows.tsx';
import { SoftmaxStep } from './steps/04-softmax.tsx';
import { GradientStep } from './steps/05-gradient.tsx';
import { InsteadStep } from './steps/06-instead.tsx';
import { TrainStep } from './steps/07-train.tsx';
import { AskStep } from './steps/08-ask.tsx';
import { SentencesStep } from './steps/09-sentences.tsx';
import { SearchStep } from './steps/10-search.tsx';
import { TakeStep } from './steps/11-take.tsx';

const STEP_VIEWS: Readonly<Record<StepName, FunctionComponent>> = {
  words: WordsStep,
  vectors: VectorsStep,
  windows: WindowsStep,
  softmax: SoftmaxStep,
  gradient: GradientStep,
  instead: InsteadStep,
  train: TrainStep,
  ask: AskStep,
  sentences: SentencesStep,
  search: SearchStep,
  take: TakeStep,
};
/** Steps that ask the model. */
const OF_THE_MODEL: ReadonlySet<StepName> = new Set<StepName>(['ask', 'sentences', 'search', 'take']);
const Playground = lazy(() => import('./playground/playground.tsx').then((module) => ({ default: module.Playground })));

const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

export function App() {
  const texts = useTexts();
  const place = useStore((state) => state.place);
  useDroppedFiles();
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes to the content, and keeps the address of the step */}
      <a class="skip" href="#content" onClick={focusContent}>
        {texts.skip}
      </a>
      <Header place={place} />
      <div class="body">
        <Steps place={place} />
        <main id="content" tabIndex={-1}>
          {place === 'playground' ? (
            <Suspense fallback={<p class="note">{texts.working}</p>}>
              <Heading title={texts.playgroundName} lead={texts.playground.lead} />
              <TroubleLine />
              <Playground />
            </Suspense>
          ) : (
            <Step key={place} name={place} />
          )}
        </main>
      </div>
    </>
  );
}

/** The address keeps the step: the link only moves the focus. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Header({ place }: { place: Place }) {
  const texts = useTexts();
  const language = useStore((state) => state.language);
  const theme = useStore((state) => state.theme);
  return (
    <header class="top">
      <a class="brand" href="#/words">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M7 25 14 9M7 25l18-9" />
          <circle class="first" cx="14" cy="9" r="3" />
          <circle class="second" cx="25" cy="16" r="3" />
        </svg>
        <span>
          <strong>wordkin</strong>
          <small>{texts.brand}</small>
        </span>
      </a>
      <a
        class={`to-playground ${place === 'playground' ? 'on' : ''}`}
        href="#/playground"
        aria-current={place === 'playground' ? 'page' : undefined}
      >
        {texts.playgroundName}
      </a>
      <div class="preferences">
        <Choice<Language>
          label={texts.languageLabel}
          value={language}
          options={LANGUAGES.map((name) => [name, LANGUAGE_NAMES[name]] as const)}
          onChange={setLanguage}
        />
        <Choice<Theme>
          label={texts.themeLabel}
          value={theme}
          options={(['auto', 'light', 'dark'] as const).map((name) => [name, texts.themes[name]] as const)}
          onChange={setTheme}
        />
      </div>
    </header>
  );
}

function Steps({ place }: { place: Place }) {
  const texts = useTexts();
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a phone the steps are a row: the one that is shown comes into view, and the page stays where it is.
    const list = current.current?.closest('ol');
    if (list && current.current) list.scrollLeft = current.current.offsetLeft - 40;
  }, [place]);
  return (
    <nav class="steps" aria-label={texts.navigation}>
      <ol>
        {STEPS.map((name, i) => (
          <li key={name}>
            <a
              ref={name === place ? current : undefined}
              href={`#/${name}`}
              aria-current={name === place ? 'step' : undefined}
            >
              <span class="step-number">{i + 1}</span>
              <span>{texts.steps[name]}</span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

let hasShown = false;

function Heading({ title, lead, over }: { title: string; lead: string; over?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // A screen reader goes on from the new step; the first visit begins at the top.
    if (hasShown) heading.current?.focus();
    hasShown = true;
    scrollTo(0, 0);
  }, []);
  return (
    <div class="heading">
      {over && <p class="over">{over}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p class="lead">{lead}</p>
    </div>
  );
}

function Step({ name }: { name: StepName }) {
  const texts = useTexts();
  const View = STEP_VIEWS[name];
  const place = STEPS.indexOf(name);
  return (
    <>
      <Heading
        over={texts.stepOf(String(place + 1), String(STEPS.length))}
        title={texts.steps[name]}
        lead={texts[`${name}Step`].lead}
      />
      <TroubleLine />
      {OF_THE_MODEL.has(name) && <OtherText />}
      <View />
      <nav class="around" aria-label={texts.stepOf(String(place + 1), String(STEPS.length))}>
        {place > 0 ? (
          <button type="button" onClick={() => goTo(STEPS[place - 1])}>
            ← {texts.back}
            {texts.colon}
            {texts.steps[STEPS[place - 1]]}
          </button>
        ) : (
          <span />
        )}
        {place < STEPS.length - 1 && (
          <button type="button" class="primary" onClick={() => goTo(STEPS[place + 1])}>
            {texts.next}
            {texts.colon}
            {texts.steps[STEPS[place + 1]]} →
          </button>
        )}
      </nav>
    </>
  );
}

/** A file that is dropped anywhere becomes the text; the playground takes its own. */
function useDroppedFiles(): void {
  const place = useStore((state) => state.place);
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault();
      document.documentElement.classList.add('dropping');
    };
    const leave = () => document.documentElement.classList.remove('dropping');
    const drop = (event: DragEvent) => {
      event.preventDefault();
      leave();
      const file = event.dataTransfer?.files[0];
      if (!file || place === 'playground') return;
      void openInput({ file });
      goTo('words');
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, [place]);
}
