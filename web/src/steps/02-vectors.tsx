import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { StartView } from '../engine/api.ts';
import { decimal, useTexts } from '../language/languages.ts';
import { Choice, Happened, NeedText, Panel, Scroll, Slider } from '../parts.tsx';
import { useStore } from '../state.ts';
import { VectorStrip } from '../views/vector-strip.tsx';

const SHOWN_WORDS = 8;
const HISTOGRAM_BARS = 24;
/** Words for the histogram. */
const DRAWN_WORDS = 400;
const SCALES = [0.005, 0.01, 0.05, 0.1, 0.5];
type Distribution = 'uniform' | 'normal';

export function VectorsStep() {
  const texts = useTexts();
  const own = texts.vectorsStep;
  const vocabulary = useStore((state) => state.vocabulary);
  const [dimensions, setDimensions] = useState(12);
  const [initial, setInitial] = useState<Distribution>('uniform');
  const [initialOutput, setInitialOutput] = useState<'zeros' | Distribution>('zeros');
  const [scale, setScale] = useState(0.05);
  const [seed, setSeed] = useState(1);
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
  const examples = vocabulary.examples.length >= 2 ? vocabulary.examples : vocabulary.frequent.map(({ word }) => word);
  const words = examples.slice(0, SHOWN_WORDS);
  const names = own.distributions;
  const shownDimensions = start ? start.inputs.length / DRAWN_WORDS : dimensions;
  const row = (matrix: Float32Array, id: number) => matrix.subarray(id * shownDimensions, (id + 1) * shownDimensions);
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
          <Slider label={own.dimensions} value={dimensions} minimum={2} maximum={30} onChange={setDimensions} />
        </div>
        <button type="button" class="primary" onClick={() => setSeed(seed + 1)}>
          {own.again} ({texts.seedLabel} {seed})
        </button>
      </Panel>
      {start && (
        <>
          <Panel>
            <Scroll label={own.centre}>
              <table class="vectors">
                <thead>
                  <tr>
                    <th scope="col">{texts.word}</th>
                    <th scope="col">{own.centre}</th>
                    <th scope="col">{own.context}</th>
                  </tr>
                </thead>
                <tbody>
                  {words.map((word, id) => (
                    <tr key={word}>
                      <th scope="row">{word}</th>
                      <td>
                        <VectorStrip values={row(start.inputs, id)} scale={scale} label={`${own.centre}, ${word}`} />
                      </td>
                      <td>
                        <VectorStrip values={row(start.outputs, id)} scale={scale} label={`${own.context}, ${word}`} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </Panel>
          <Panel title={own.histogram}>
            <Histogram values={start.inputs} scale={scale} alt={own.histogram} />
          </Panel>
          <Happened>
            {own.happened(
              words[0] ?? '',
              Array.from(row(start.inputs, 0).subarray(0, 3), (value) => decimal(value, 4)).join(', '),
              String(scale),
              initialOutput === 'zeros',
            )}
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
