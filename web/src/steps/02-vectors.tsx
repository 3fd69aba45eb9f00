import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { StartView } from '../engine/api.ts';
import { decimal, useTexts, whole } from '../language/languages.ts';
import { Choice, Happened, NeedText, Panel, Scroll, Slider } from '../parts.tsx';
import { useStore } from '../state.ts';
import { VectorStrip } from '../views/vector-strip.tsx';

const SHOWN_WORDS = 8;
const MOST_SHOWN_DIMENSIONS = 30;
const HISTOGRAM_BARS = 24;
/** At least as many as the places where examples are taken from. */
const DRAWN_WORDS = 1000;
const SCALES = [0.005, 0.01, 0.05, 0.1, 0.5];
/** What a training takes if nothing is said. */
const USUAL = { initial: 'uniform', initialOutput: 'zeros', scale: 0.05, seed: 1 } as const;
type Distribution = 'uniform' | 'normal';

export function VectorsStep() {
  const texts = useTexts();
  const own = texts.vectorsStep;
  const vocabulary = useStore((state) => state.vocabulary);
  const dimensions = useStore((state) => state.settings.dimensions);
  const [wanted, setWanted] = useState(12);
  const [initial, setInitial] = useState<Distribution>(USUAL.initial);
  const [initialOutput, setInitialOutput] = useState<'zeros' | Distribution>(USUAL.initialOutput);
  const [scale, setScale] = useState<number>(USUAL.scale);
  const [seed, setSeed] = useState<number>(USUAL.seed);
  const [looked, setLooked] = useState(0);
  const [start, setStart] = useState<StartView | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    void attempt(async () => {
      const drawn = await engine.startVectors({
        words: DRAWN_WORDS,
        dimensions,
        initial,
        initialOutput,
        initialScale: scale,
        seed,
      });
      if (isCurrent) setStart(drawn);
    });
    return () => {
      isCurrent = false;
    };
  }, [dimensions, initial, initialOutput, scale, seed]);
  if (!vocabulary) return <NeedText />;
  const words = vocabulary.examples.slice(0, SHOWN_WORDS);
  const ids = vocabulary.exampleIds;
  const place = Math.min(looked, words.length - 1);
  const names = own.distributions;
  const rowLength = start ? start.inputs.length / DRAWN_WORDS : dimensions;
  const mostShown = Math.min(MOST_SHOWN_DIMENSIONS, rowLength);
  const shown = Math.min(wanted, mostShown);
  const row = (matrix: Float32Array, id: number) => matrix.subarray(id * rowLength, id * rowLength + shown);
  const isUsual =
    initial === USUAL.initial && initialOutput === USUAL.initialOutput && scale === USUAL.scale && seed === USUAL.seed;
  return (
    <>
      <Panel>
        <div class="row">
          <Choice
            label={own.initial}
            value={initial}
            options={[
              ['uniform', names.uniform],
              ['normal', names.normal],
            ]}
            onChange={setInitial}
          />
          <Choice
            label={own.initialOutput}
            value={initialOutput}
            options={[
              ['zeros', names.zeros],
              ['uniform', names.uniform],
              ['normal', names.normal],
            ]}
            onChange={setInitialOutput}
          />
          <Slider
            label={own.scale}
            value={SCALES.indexOf(scale)}
            minimum={0}
            maximum={SCALES.length - 1}
            shown={String(scale)}
            onChange={(value) => setScale(SCALES[value])}
          />
          <Slider
            label={own.dimensions}
            value={shown}
            minimum={2}
            maximum={mostShown}
            shown={own.shownOf(String(shown), String(rowLength))}
            onChange={setWanted}
          />
        </div>
        <button type="button" class="primary" onClick={() => setSeed(seed + 1)}>
          {own.again} ({texts.seedLabel} {seed})
        </button>
      </Panel>
      {words.length === 0 && <p class="notice">{own.noWords}</p>}
      {start && words.length > 0 && (
        <>
          <Panel title={own.lookup}>
            <Choice
              label={own.lookedUp}
              value={String(place)}
              options={words.map((word, at) => [String(at), word] as const)}
              onChange={(at) => setLooked(Number(at))}
            />
            <Scroll label={own.lookup}>
              <table class="vectors">
                <thead>
                  <tr>
                    <th scope="col">{texts.word}</th>
                    <th scope="col">{own.number}</th>
                    <th scope="col">{own.oneHot(words[place])}</th>
                    <th scope="col">{own.centre}</th>
                    <th scope="col">{own.context}</th>
                  </tr>
                </thead>
                <tbody>
                  {words.map((word, at) => (
                    <tr key={word} class={at === place ? 'looked-up' : ''}>
                      <th scope="row">{word}</th>
                      <td>{ids[at] + 1}</td>
                      <td>{at === place ? 1 : 0}</td>
                      <td>
                        <VectorStrip
                          values={row(start.inputs, ids[at])}
                          scale={scale}
                          label={`${own.centre}, ${word}`}
                        />
                      </td>
                      <td>
                        <VectorStrip
                          values={row(start.outputs, ids[at])}
                          scale={scale}
                          label={`${own.context}, ${word}`}
                        />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            <p class="note">
              {own.lookupNote} {isUsual ? own.asTrained : ''}
            </p>
          </Panel>
          <Panel title={own.histogram}>
            <Histogram values={start.inputs} scale={scale} alt={own.histogram} />
          </Panel>
          <Happened>
            {own.happened(
              words[place],
              String(ids[place] + 1),
              whole(vocabulary.words),
              Array.from(row(start.inputs, ids[place]).subarray(0, 3), (value) => decimal(value, 4)).join(', '),
            )}{' '}
            {own.scaled(String(scale), initialOutput === 'zeros')}
          </Happened>
        </>
      )}
    </>
  );
}

function Histogram({ values, scale, alt }: { values: Float32Array; scale: number; alt: string }) {
  const bars = new Array<number>(HISTOGRAM_BARS).fill(0);
  const reach = 2 * scale;
  for (const value of values) {
    const bar = Math.floor(((value + reach) / (2 * reach)) * HISTOGRAM_BARS);
    if (bar >= 0 && bar < HISTOGRAM_BARS) bars[bar]++;
  }
  const most = Math.max(...bars, 1);
  return (
    <svg class="histogram" viewBox={`0 0 ${HISTOGRAM_BARS * 20} 130`} role="img" aria-label={alt}>
      {bars.map((count, bar) => (
        <rect key={bar} x={bar * 20 + 2} width="16" y={100 - (100 * count) / most} height={(100 * count) / most} />
      ))}
      <text x="2" y="122">
        {decimal(-reach)}
      </text>
      <text x={HISTOGRAM_BARS * 10} y="122" text-anchor="middle">
        0
      </text>
      <text x={HISTOGRAM_BARS * 20 - 2} y="122" text-anchor="end">
        {decimal(reach)}
      </text>
    </svg>
  );
}
