import { useEffect, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import type { CostView, NoiseDraw, SpeedView, TreeView } from '../engine/api.ts';
import { decimal, percent, useTexts, whole } from '../language/languages.ts';
import { Ask, Bar, Happened, NeedText, Panel, Scroll, Slider } from '../parts.tsx';
import { useStore } from '../state.ts';

const DRAWS = 100;
const SHOWN_DRAWS = 12;

export function InsteadStep() {
  const texts = useTexts();
  const own = texts.insteadStep;
  const vocabulary = useStore((state) => state.vocabulary);
  const tokenizer = useStore((state) => state.tokenizer);
  const minCount = useStore((state) => state.vocabulary?.minCount) ?? 1;
  const [negative, setNegative] = useState(5);
  const [costs, setCosts] = useState<CostView | undefined>(undefined);
  const [tree, setTree] = useState<TreeView | undefined>(undefined);
  const example = vocabulary?.examples[0];
  useEffect(() => {
    if (!vocabulary) return;
    void attempt(async () => setCosts(await engine.costs(tokenizer, minCount, negative)));
  }, [vocabulary, negative]);
  const showWay = (word: string) => void attempt(async () => setTree(await engine.treePath(tokenizer, minCount, word)));
  useEffect(() => {
    if (example !== undefined) showWay(example);
  }, [example, vocabulary]);
  if (!vocabulary) return <NeedText />;
  return (
    <>
      <Costs costs={costs} negative={negative} onNegative={setNegative} />
      <Noise />
      <Panel title={own.treeTitle}>
        <Ask
          label={own.treeWord}
          button={texts.askStep.ask}
          initial={example ?? ''}
          list={vocabulary.examples}
          onAsk={showWay}
        />
        <p class="note">{own.treeNote}</p>
        {tree && <Way tree={tree} />}
      </Panel>
      {tree && costs && (
        <Happened>
          {own.happened(tree.word, String(tree.steps.length), decimal(tree.meanPath, 1), whole(costs.softmaxRows))}
        </Happened>
      )}
    </>
  );
}

function Costs({
  costs,
  negative,
  onNegative,
}: {
  costs: CostView | undefined;
  negative: number;
  onNegative: (value: number) => void;
}) {
  const own = useTexts().insteadStep;
  const tokenizer = useStore((state) => state.tokenizer);
  const minCount = useStore((state) => state.vocabulary?.minCount) ?? 1;
  const [speeds, setSpeeds] = useState<SpeedView | undefined>(undefined);
  const [isMeasuring, setMeasuring] = useState(false);
  const measure = async () => {
    setMeasuring(true);
    await attempt(async () => setSpeeds(await engine.measureSpeeds(tokenizer, minCount)));
    setMeasuring(false);
  };
  const rows: readonly (readonly [string, number, number])[] = costs
    ? [
        [own.softmax, costs.softmaxRows, speeds?.softmax ?? 0],
        [own.tree, costs.treeRows, speeds?.hierarchical ?? 0],
        [own.sampling, costs.samplingRows, speeds?.sampling ?? 0],
      ]
    : [];
  const most = costs?.softmaxRows ?? 1;
  return (
    <Panel title={own.costs}>
      <ul class="costs">
        {rows.map(([name, visited, speed]) => (
          <li key={name}>
            <span class="cost-name">{name}</span>
            <Bar share={visited / most} />
            <span class="number">{visited < 100 ? decimal(visited, 1) : whole(visited)}</span>
            <span class="number note">{speed > 0 ? whole(speed) : ''}</span>
          </li>
        ))}
      </ul>
      <div class="row">
        <Slider label={own.negatives} value={negative} minimum={1} maximum={20} onChange={onNegative} />
        <button type="button" disabled={isMeasuring} onClick={() => void measure()}>
          {own.measure}
        </button>
      </div>
      <p class="note" role="status">
        {isMeasuring
          ? own.measuring
          : speeds
            ? own.measured(whole(speeds.softmax), whole(speeds.hierarchical), whole(speeds.sampling))
            : ''}
      </p>
    </Panel>
  );
}

function Noise() {
  const texts = useTexts();
  const own = texts.insteadStep;
  const tokenizer = useStore((state) => state.tokenizer);
  const minCount = useStore((state) => state.vocabulary?.minCount) ?? 1;
  const vocabulary = useStore((state) => state.vocabulary);
  const [exponent, setExponent] = useState(0.75);
  const [seed, setSeed] = useState(1);
  const [drawn, setDrawn] = useState<readonly NoiseDraw[]>([]);
  useEffect(() => {
    void attempt(async () => setDrawn(await engine.drawNoise(tokenizer, minCount, DRAWS, exponent, seed)));
  }, [exponent, seed, vocabulary]);
  return (
    <Panel title={own.noise}>
      <div class="row">
        <Slider
          label={own.exponent}
          value={exponent}
          minimum={0}
          maximum={1}
          step={0.05}
          shown={decimal(exponent, 2)}
          onChange={setExponent}
        />
        <button type="button" onClick={() => setSeed(seed + 1)}>
          {own.draw(String(DRAWS))}
        </button>
      </div>
      <Scroll label={own.noise}>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{texts.word}</th>
              <th scope="col">{own.times}</th>
              <th scope="col">{own.share}</th>
              <th scope="col">{own.noiseShare}</th>
            </tr>
          </thead>
          <tbody>
            {drawn.slice(0, SHOWN_DRAWS).map(({ word, times, share, noiseShare }) => (
              <tr key={word}>
                <th scope="row">{word}</th>
                <td>{times}</td>
                <td>{percent(share, 3)}</td>
                <td>{percent(noiseShare, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="note">{own.noiseNote}</p>
    </Panel>
  );
}

/** From the root down, a node a line; what lies on the other side beside it. */
function Way({ tree }: { tree: TreeView }) {
  const own = useTexts().insteadStep;
  return (
    <ol class="way">
      {tree.steps.map(({ node, bit, otherWords, otherExamples }, depth) => (
        <li key={node} class={`bit-${bit}`}>
          <span class="node">{depth === 0 ? own.root : node}</span>
          <span class="bit">{bit}</span>
          <span class="other note">
            {own.otherSide(
              whole(otherWords),
              `${otherExamples.join(', ')}${otherWords > otherExamples.length ? ', …' : ''}`,
            )}
          </span>
        </li>
      ))}
      <li class="leaf">{own.arrived(tree.word, whole(tree.count))}</li>
    </ol>
  );
}
