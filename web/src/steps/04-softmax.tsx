import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { Plane, SoftmaxView } from '../engine/api.ts';
import { decimal, useTexts } from '../language/languages.ts';
import { Bar, Choice, Happened, NumberInput, Panel, Scroll, Switch } from '../parts.tsx';
import { vectorOf, withVector } from '../planes.ts';
import { type Source, usePlane } from '../use-plane.ts';
import { PlaneView } from '../views/plane.tsx';

export function SoftmaxStep() {
  const texts = useTexts();
  const own = texts.softmaxStep;
  const { source, setSource, plane, setPlane, first, hasWords } = usePlane();
  const [chosen, setCentre] = useState(0);
  const centre = Math.min(chosen, plane.words.length - 1);
  const [view, setView] = useState<{ view: SoftmaxView; plane: Plane; centre: number } | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    void attempt(async () => {
      const answer = await engine.softmax(plane, centre);
      if (isCurrent) setView({ view: answer, plane, centre });
    });
    return () => {
      isCurrent = false;
    };
  }, [plane, centre]);
  const arrows = [
    ...plane.words.map((word, id) => {
      const [x, y] = vectorOf(plane, 'outputs', id);
      return { key: `outputs ${id}`, label: `u ${word}`, x, y, kind: 'context' as const };
    }),
    (() => {
      const [x, y] = vectorOf(plane, 'inputs', centre);
      return { key: `inputs ${centre}`, label: `v ${plane.words[centre]}`, x, y, kind: 'centre' as const };
    })(),
  ];
  const move = (key: string, x: number, y: number) => {
    const [matrix, id] = key.split(' ');
    setPlane(withVector(plane, matrix as 'inputs' | 'outputs', Number(id), x, y));
  };
  const best = view ? view.view.probabilities.indexOf(Math.max(...view.view.probabilities)) : 0;
  return (
    <>
      <Panel>
        <div class="row">
          <Switch<Source>
            label={texts.wordsStep.samples}
            value={source}
            options={[['tutorial', own.tutorial], ...(hasWords ? [['yours', own.yours] as const] : [])]}
            onChange={setSource}
          />
          <Choice
            label={own.centre}
            value={String(centre)}
            options={plane.words.map((word, id) => [String(id), word] as const)}
            onChange={(id) => setCentre(Number(id))}
          />
          <button type="button" onClick={() => setPlane(first)}>
            {own.reset}
          </button>
        </div>
      </Panel>
      <div class="columns wide">
        <Panel title={own.plane}>
          <PlaneView arrows={arrows} alt={own.planeAlt(plane.words.join(', '))} onMove={move} />
        </Panel>
        <Panel title={own.table}>
          <VectorInputs
            plane={plane}
            matrix="inputs"
            ids={[centre]}
            title={own.centreVector(plane.words[centre])}
            onChange={setPlane}
          />
          {view && <SoftmaxTable plane={plane} view={view.view} onChange={setPlane} />}
          <p class="note">{own.rounded}</p>
        </Panel>
      </div>
      {view && (
        <Happened>
          {own.happened(
            view.plane.words[view.centre],
            view.plane.words[best] ?? '',
            decimal(view.view.probabilities[best]),
            decimal(view.view.sum),
          )}
        </Happened>
      )}
    </>
  );
}

function VectorInputs({
  plane,
  matrix,
  ids,
  title,
  onChange,
}: {
  plane: Plane;
  matrix: 'inputs' | 'outputs';
  ids: readonly number[];
  title: string;
  onChange: (plane: Plane) => void;
}) {
  return (
    <p class="vector-inputs">
      <span>{title}</span>
      {ids.map((id) => (
        <VectorInput key={id} plane={plane} matrix={matrix} id={id} onChange={onChange} />
      ))}
    </p>
  );
}

/** The two numbers of a vector, to be changed. */
function VectorInput({
  plane,
  matrix,
  id,
  onChange,
}: {
  plane: Plane;
  matrix: 'inputs' | 'outputs';
  id: number;
  onChange: (plane: Plane) => void;
}) {
  const own = useTexts().softmaxStep;
  const [x, y] = vectorOf(plane, matrix, id);
  const name = `${matrix === 'inputs' ? 'v' : 'u'} ${plane.words[id]}`;
  const field = (label: string, value: number, change: (value: number) => void) => (
    <NumberInput label={label} value={Number(value.toFixed(3))} step={0.05} most={100} onNumber={change} />
  );
  return (
    <span class="vector-input">
      [{field(own.xOf(name), x, (value) => onChange(withVector(plane, matrix, id, value, y)))},{' '}
      {field(own.yOf(name), y, (value) => onChange(withVector(plane, matrix, id, x, value)))}]
    </span>
  );
}

function SoftmaxTable({
  plane,
  view,
  onChange,
}: {
  plane: Plane;
  view: SoftmaxView;
  onChange: (plane: Plane) => void;
}) {
  const texts = useTexts();
  const own = texts.softmaxStep;
  if (view.logits.length !== plane.words.length) return null;
  return (
    <Scroll label={own.table}>
      <table class="numbers softmax-table">
        <thead>
          <tr>
            <th scope="col">{texts.word}</th>
            <th scope="col">{own.vectorColumns}</th>
            <th scope="col">{own.dot}</th>
            <th scope="col">{own.power}</th>
            <th scope="col" colSpan={2}>
              {own.probability}
            </th>
          </tr>
        </thead>
        <tbody>
          {plane.words.map((word, id) => (
            <tr key={word}>
              <th scope="row">{word}</th>
              <td>
                <VectorInput plane={plane} matrix="outputs" id={id} onChange={onChange} />
              </td>
              <td>{decimal(view.logits[id])}</td>
              <td>{decimal(view.powers[id])}</td>
              <td class="strong">{decimal(view.probabilities[id])}</td>
              <td>
                <Bar share={view.probabilities[id]} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{own.sum}</th>
            <td />
            <td />
            <td>{decimal(view.sum)}</td>
            <td>{decimal(view.probabilities.reduce((a, b) => a + b, 0))}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}
