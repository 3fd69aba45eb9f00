import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { GradientView, Plane } from '../engine/api.ts';
import { decimal, useTexts } from '../language/languages.ts';
import { Choice, Happened, Panel, Scroll, Slider, Switch } from '../parts.tsx';
import { vectorOf } from '../planes.ts';
import { type Source, usePlane } from '../use-plane.ts';
import { CurvesView } from '../views/curves.tsx';
import { type Arrow, PlaneView } from '../views/plane.tsx';

const RATES = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

interface Walk {
  readonly losses: readonly number[];
  /** The plane before the last step. */
  readonly from: Plane | undefined;
}

export function GradientStep() {
  const texts = useTexts();
  const own = texts.gradientStep;
  const { source, setSource, plane, setPlane, first, hasWords } = usePlane();
  const [chosenCentre, setCentre] = useState(0);
  const [chosenTarget, setTarget] = useState(1);
  // Another text may have fewer words.
  const [centre, target] = [chosenCentre, chosenTarget].map((id) => Math.min(id, plane.words.length - 1));
  const [rate, setRate] = useState(0.5);
  const [view, setView] = useState<GradientView | undefined>(undefined);
  const [walk, setWalk] = useState<Walk>({ losses: [], from: undefined });
  const restart = (start: Plane = first) => {
    setPlane(start);
    setWalk({ losses: [], from: undefined });
  };
  useEffect(() => setWalk({ losses: [], from: undefined }), [first]);
  useEffect(() => {
    let isCurrent = true;
    void attempt(async () => {
      const answer = await engine.gradientStep(plane, centre, target, rate);
      if (isCurrent) setView(answer);
    });
    return () => {
      isCurrent = false;
    };
  }, [plane, centre, target, rate]);

  const go = (steps: number) =>
    attempt(async () => {
      let [at, from] = [plane, plane];
      const losses = [...walk.losses];
      for (let step = 0; step < steps; step++) {
        const answer = await engine.gradientStep(at, centre, target, rate);
        if (losses.length === 0) losses.push(answer.loss);
        losses.push(answer.lossAfter);
        [from, at] = [at, answer.plane];
        if (!isWhole(at)) break;
      }
      setWalk({ losses, from });
      if (isWhole(at)) setPlane(at);
    });
  const isBroken = walk.losses.some((loss) => !Number.isFinite(loss));
  const word = plane.words[target] ?? '';
  return (
    <>
      <Panel>
        <div class="row">
          <Switch<Source>
            label={texts.wordsStep.samples}
            value={source}
            options={[
              ['tutorial', texts.softmaxStep.tutorial],
              ...(hasWords ? [['yours', texts.softmaxStep.yours] as const] : []),
            ]}
            onChange={setSource}
          />
          <Choice
            label={texts.softmaxStep.centre}
            value={String(centre)}
            options={plane.words.map((name, id) => [String(id), name] as const)}
            onChange={(id) => {
              setCentre(Number(id));
              restart();
            }}
          />
          <Choice
            label={own.target}
            value={String(target)}
            options={plane.words.map((name, id) => [String(id), name] as const)}
            onChange={(id) => {
              setTarget(Number(id));
              restart();
            }}
          />
          <Slider
            label={own.rate}
            value={RATES.indexOf(rate)}
            minimum={0}
            maximum={RATES.length - 1}
            shown={String(rate)}
            onChange={(value) => setRate(RATES[value])}
          />
        </div>
        <div class="buttons">
          <button type="button" class="primary" disabled={isBroken} onClick={() => void go(1)}>
            {walk.losses.length === 0 ? own.step : own.again}
          </button>
          <button type="button" disabled={isBroken} onClick={() => void go(10)}>
            {own.ten}
          </button>
          <button type="button" onClick={() => restart()}>
            {own.restart}
          </button>
        </div>
      </Panel>
      <div class="columns wide">
        <Panel title={own.plane}>
          <PlaneView
            arrows={arrowsOf(plane, walk.from, centre, target)}
            alt={texts.softmaxStep.planeAlt(plane.words.join(', '))}
          />
        </Panel>
        <Panel title={own.curve}>
          <CurvesView
            alt={own.curve}
            curves={[{ name: own.loss, kind: 'first', points: walk.losses.map((loss, step) => [step, loss] as const) }]}
            xAxis={own.stepAxis}
            xMaximum={Math.max(10, walk.losses.length - 1)}
            showX={(x) => String(Math.round(x))}
          />
        </Panel>
      </div>
      {view && <GradientTable view={view} plane={plane} centre={centre} target={target} />}
      <Happened>{sentence()}</Happened>
    </>
  );

  function sentence(): string {
    const { losses } = walk;
    if (losses.length === 0)
      return view ? own.ready(decimal(view.loss), word, decimal(view.before.probabilities[target] ?? 0, 4)) : '';
    const steps = String(losses.length - 1);
    const [from, to] = [losses[0], losses[losses.length - 1]];
    if (isBroken) return own.broken(steps);
    // A single step uphill tells already that the rate is too high.
    const hasRisen = losses.some((loss, i) => i > 0 && loss > losses[i - 1] + 1e-6);
    return hasRisen ? own.rose(steps, decimal(from), decimal(to)) : own.fell(steps, decimal(from), decimal(to));
  }
}

function isWhole({ inputs, outputs }: Plane): boolean {
  return [...inputs, ...outputs].every((value) => Number.isFinite(value) && Math.abs(value) < 1e6);
}

function arrowsOf(plane: Plane, from: Plane | undefined, centre: number, target: number): Arrow[] {
  const arrow = (matrix: 'inputs' | 'outputs', id: number, kind: Arrow['kind']): Arrow => {
    const [x, y] = vectorOf(plane, matrix, id);
    const earlier = from && from.words === plane.words ? vectorOf(from, matrix, id) : undefined;
    return {
      key: `${matrix} ${id}`,
      label: `${matrix === 'inputs' ? 'v' : 'u'} ${plane.words[id]}`,
      x,
      y,
      kind,
      from: earlier,
    };
  };
  return [
    ...plane.words.map((_, id) => arrow('outputs', id, id === target ? 'target' : 'context')),
    ...(plane.words[centre] === undefined ? [] : [arrow('inputs', centre, 'centre')]),
  ];
}

function GradientTable({
  view,
  plane,
  centre,
  target,
}: {
  view: GradientView;
  plane: Plane;
  centre: number;
  target: number;
}) {
  const own = useTexts().gradientStep;
  const texts = useTexts();
  const show = (values: readonly number[]) => `[${values.map((value) => decimal(value)).join(', ')}]`;
  if (view.before.probabilities.length !== plane.words.length) return null;
  return (
    <Panel title={own.gradients}>
      <p class="formula">{own.formula}</p>
      <Scroll label={own.gradients}>
        <table class="numbers gradient-table">
          <thead>
            <tr>
              <th scope="col">{texts.word}</th>
              <th scope="col">p</th>
              <th scope="col">{own.gradient}</th>
              <th scope="col">{own.before}</th>
              <th scope="col">{own.after}</th>
            </tr>
          </thead>
          <tbody>
            <tr class="centre-row">
              <th scope="row">{own.ofCentre(plane.words[centre] ?? '')}</th>
              <td />
              <td class="strong">{show(view.centreGradient)}</td>
              <td>{show(vectorOf(plane, 'inputs', centre))}</td>
              <td>{show(vectorOf(view.plane, 'inputs', centre))}</td>
            </tr>
            {plane.words.map((word, id) => (
              <tr key={word} class={id === target ? 'target-row' : ''}>
                <th scope="row">{own.ofContext(word)}</th>
                <td>{decimal(view.before.probabilities[id])}</td>
                <td class="strong">{show(view.contextGradients.slice(2 * id, 2 * id + 2))}</td>
                <td>{show(vectorOf(plane, 'outputs', id))}</td>
                <td>{show(vectorOf(view.plane, 'outputs', id))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}
