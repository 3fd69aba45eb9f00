import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import { download } from '../download.ts';
import type { Drift, ModelMap, ModelSummary, Neighbour, Slot } from '../engine/api.ts';
import { runUmap } from '../engine/connect.ts';
import { decimal, percent, useTexts, whole } from '../language/languages.ts';
import { Ask, Choice, FilePicker, Happened, Panel, Slider, Switch } from '../parts.tsx';
import { useStore } from '../state.ts';
import { NeighbourList } from '../steps/08-ask.tsx';
import { MapView } from '../views/map-view.tsx';
import type { WordMap } from '../views/word-map.ts';
import { readColumn } from './read-column.ts';

const POINTS = [1000, 5000, 20_000, 50_000, 100_000];
const UMAP_POINTS = 5000;
const LISTED_WORDS = 300;
type Tool = 'pan' | 'lasso';
type Colouring = 'plain' | 'clusters' | 'column';

export function Playground() {
  const texts = useTexts();
  const [first, setFirst] = useState<ModelSummary | undefined>(undefined);
  const [second, setSecond] = useState<ModelSummary | undefined>(undefined);
  return (
    <>
      <div class="columns">
        <OpenModel slot="first" title={texts.playground.first} model={first} onOpen={setFirst} />
        <OpenModel slot="second" title={texts.playground.second} model={second} onOpen={setSecond} />
      </div>
      {first && <ModelMapPanel key={`${first.name} ${first.words}`} model={first} second={second} />}
      {first && second && <Comparison />}
      <Happened>{first ? texts.playground.happened : texts.playground.none}</Happened>
    </>
  );
}

function OpenModel({
  slot,
  title,
  model,
  onOpen,
}: {
  slot: Slot;
  title: string;
  model: ModelSummary | undefined;
  onOpen: (model: ModelSummary) => void;
}) {
  const texts = useTexts();
  const own = texts.playground;
  const lesson = useStore((state) => state.model);
  const [isBusy, setBusy] = useState(false);
  const open = async (place: Blob | readonly File[] | string, name: string) => {
    setBusy(true);
    const opened = await attempt(() => engine.openModel(slot, place, name));
    if (opened) onOpen(opened);
    setBusy(false);
  };
  const picker = (label: string, isFolder: boolean) => (
    <FilePicker
      label={label}
      isFolder={isFolder}
      onFiles={(files) => {
        const [{ name, webkitRelativePath }] = files;
        void (isFolder ? open(files, webkitRelativePath.split('/')[0] ?? '') : open(files[0], name));
      }}
    />
  );
  return (
    <Panel title={title}>
      {picker(own.openFile, false)}
      {picker(own.openFolder, true)}
      <Ask
        label={own.url}
        button={own.load}
        initial=""
        onAsk={(address) => void open(address, address.split('/').pop() || address)}
      />
      {lesson && (
        <button type="button" onClick={() => void attempt(async () => open(await engine.modelFile(), lesson.name))}>
          {own.fromLesson}
        </button>
      )}
      <p class="note" role="status">
        {isBusy
          ? texts.working
          : model
            ? own.opened(model.name, whole(model.words), String(model.dimensions))
            : own.none}
      </p>
    </Panel>
  );
}

function ModelMapPanel({ model, second }: { model: ModelSummary; second: ModelSummary | undefined }) {
  const texts = useTexts();
  const own = texts.playground;
  const map = useRef<WordMap | undefined>(undefined);
  const [points, setPoints] = useState(Math.min(model.words, 20_000));
  const [view, setView] = useState<ModelMap | undefined>(undefined);
  const [tool, setTool] = useState<Tool>('pan');
  const [selected, setSelected] = useState<readonly number[]>([]);
  const [said, setSaid] = useState('');
  const colours = useColours(model, view);
  const places = useMemo(() => new Map((view?.words ?? []).map((word, id) => [word, id])), [view?.words]);
  useEffect(() => {
    void attempt(async () => setView(await engine.modelMap('first', points)));
  }, [points]);
  const umap = useUmap(points, (positions) =>
    setView((shown) => shown && { words: shown.words.slice(0, positions.length / 2), positions }),
  );
  const find = (word: string) => {
    const id = places.get(word) ?? places.get(word.toLowerCase());
    setSaid(id === undefined ? own.notFound(word) : own.found(word));
    if (id === undefined) return;
    setSelected([id]);
    map.current?.jumpTo(id);
  };
  if (!view) return <p class="note">{texts.working}</p>;
  return (
    <Panel title={own.opened(model.name, whole(model.words), String(model.dimensions))}>
      <div class="row">
        <Choice
          label={own.points}
          value={String(points)}
          options={[...new Set([...POINTS.filter((count) => count < model.words), Math.min(model.words, 100_000)])].map(
            (count) => [String(count), whole(count)] as const,
          )}
          onChange={(count) => setPoints(Number(count))}
        />
        <Switch<Tool>
          label={own.tool}
          value={tool}
          options={[
            ['pan', own.pan],
            ['lasso', own.lasso],
          ]}
          onChange={setTool}
        />
        <div class="buttons">
          <button
            type="button"
            onClick={() => void attempt(async () => setView(await engine.modelMap('first', points)))}
          >
            {own.pca}
          </button>
          <button type="button" onClick={umap.share === undefined ? umap.start : umap.stop}>
            {umap.share === undefined ? own.umap : own.stopUmap}
          </button>
          <span class="note" role="status">
            {umap.share === undefined
              ? points > UMAP_POINTS
                ? own.umapLimit(whole(UMAP_POINTS))
                : ''
              : own.umapRunning(percent(umap.share))}
          </span>
        </div>
      </div>
      {colours.controls}
      <Ask label={own.search} button={texts.askStep.ask} initial="" onAsk={find} />
      <p class="note" role="status">
        {said}
      </p>
      <MapView
        words={view.words}
        positions={view.positions}
        groups={colours.groups}
        marked={selected}
        isLassoing={tool === 'lasso'}
        alt={texts.trainStep.mapAlt(whole(view.words.length))}
        map={map}
        onPick={(id) => setSelected([id])}
        onLasso={setSelected}
      />
      <div class="buttons">
        <button type="button" onClick={() => setSelected(map.current?.idsInView() ?? [])}>
          {own.selectView}
        </button>
        <button type="button" disabled={selected.length === 0} onClick={() => setSelected([])}>
          {own.clearSelection}
        </button>
        <button type="button" onClick={() => void map.current?.png().then((blob) => blob && download(blob, 'map.png'))}>
          {own.exportPng}
        </button>
        <button
          type="button"
          onClick={() => map.current && download(new Blob([map.current.svg()], { type: 'image/svg+xml' }), 'map.svg')}
        >
          {own.exportSvg}
        </button>
      </div>
      {selected.length > 0 && (
        <Selection
          words={selected.map((id) => view.words[id]).filter((word) => word !== undefined)}
          hasSecond={second !== undefined}
        />
      )}
    </Panel>
  );
}

function useUmap(points: number, onPositions: (positions: Float32Array) => void) {
  const [share, setShare] = useState<number | undefined>(undefined);
  const running = useRef<{ stop(): void } | undefined>(undefined);
  const stop = () => {
    running.current?.stop();
    running.current = undefined;
    setShare(undefined);
  };
  useEffect(() => stop, [points]);
  const start = () =>
    void attempt(async () => {
      setShare(0);
      const { rows, dimensions } = await engine.rows('first', Math.min(points, UMAP_POINTS));
      const run = runUmap(rows, dimensions, setShare);
      running.current = run;
      try {
        onPositions(await run.result);
      } finally {
        setShare(undefined);
      }
    });
  return { share, start, stop };
}

/** What tells the colour of a point, with its controls. */
function useColours(model: ModelSummary, view: ModelMap | undefined) {
  const own = useTexts().playground;
  const [colouring, setColouring] = useState<Colouring>('plain');
  const [clusters, setClusters] = useState(8);
  const [groups, setGroups] = useState<Uint8Array | undefined>(undefined);
  const [said, setSaid] = useState('');
  const count = view?.words.length ?? 0;
  useEffect(() => {
    setGroups(undefined);
    if (colouring !== 'clusters' || count === 0) return;
    void attempt(async () => setGroups(await engine.clusterWords('first', count, clusters)));
  }, [colouring, clusters, count, model]);
  const readFile = (file: File | undefined) =>
    file &&
    view &&
    void attempt(async () => {
      const column = await readColumn(file);
      const values = [...new Set(column.values())];
      const ids = new Map(values.map((value, i) => [value, i % 10]));
      setGroups(Uint8Array.from(view.words, (word) => ids.get(column.get(word) ?? '') ?? 255));
      setSaid(own.columnRead(whole(view.words.filter((word) => column.has(word)).length), whole(values.length)));
    });
  const controls = (
    <div class="row">
      <Choice<Colouring>
        label={own.colours}
        value={colouring}
        options={[
          ['plain', own.plainColour],
          ['clusters', own.clusters],
          ['column', own.column],
        ]}
        onChange={setColouring}
      />
      {colouring === 'clusters' && (
        <Slider label={own.groups} value={clusters} minimum={2} maximum={10} onChange={setClusters} />
      )}
      {colouring === 'column' && (
        <FilePicker label={own.columnFile} accept=".csv,.tsv" note={said} onFiles={([file]) => readFile(file)} />
      )}
    </div>
  );
  return { groups, controls };
}

/** The words that are selected; of one word its neighbours, in both models. */
function Selection({ words, hasSecond }: { words: readonly string[]; hasSecond: boolean }) {
  const own = useTexts().playground;
  const [lists, setLists] = useState<readonly (readonly Neighbour[])[]>([]);
  const word = words.length === 1 ? words[0] : undefined;
  useEffect(() => {
    setLists([]);
    if (word === undefined) return;
    const slots: Slot[] = hasSecond ? ['first', 'second'] : ['first'];
    void Promise.all(slots.map((slot) => engine.neighbours(slot, word, 8).catch(() => []))).then(setLists);
  }, [word, hasSecond]);
  return (
    <section class="selection" aria-live="polite">
      <h3>
        {word === undefined
          ? own.selected(whole(words.length))
          : `${own.neighbours(word)}${hasSecond ? `, ${own.inBoth}` : ''}`}
      </h3>
      {word === undefined ? (
        <p class="word-list">
          {words.slice(0, LISTED_WORDS).join(', ')}
          {words.length > LISTED_WORDS ? ', …' : ''}
        </p>
      ) : (
        <div class="columns">
          {lists.map((list, i) => (
            <NeighbourList key={i === 0 ? 'first' : 'second'} list={list} />
          ))}
        </div>
      )}
    </section>
  );
}

function Comparison() {
  const own = useTexts().playground;
  const [drift, setDrift] = useState<Drift | undefined>(undefined);
  return (
    <Panel>
      <button type="button" onClick={() => void attempt(async () => setDrift(await engine.alignModels()))}>
        {own.align}
      </button>
      {drift && (
        <>
          <p role="status">
            {own.aligned(whole(drift.shared), decimal(drift.meanSimilarity), decimal(drift.meanSimilarityBefore))}
          </p>
          <NeighbourList list={drift.farthest} />
        </>
      )}
    </Panel>
  );
}
