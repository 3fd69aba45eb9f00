import { useState } from 'preact/hooks';
import { attempt, engine } from '../actions.ts';
import { download } from '../download.ts';
import { bytes, useTexts } from '../language/languages.ts';
import { Happened, NeedModel, Panel } from '../parts.tsx';
import { useStore } from '../state.ts';
import { commandLine, installLine, textFileName, typeScript } from '../take-along.ts';

export function TakeStep() {
  const texts = useTexts();
  const own = texts.takeStep;
  const model = useStore((state) => state.model);
  const settings = useStore((state) => state.modelSettings);
  const text = useStore((state) => state.text);
  if (!model) return <NeedModel />;
  // The browser's own segmenter is not that of Node.
  const isSame =
    model.engine !== 'Intl.Segmenter' &&
    model.isDeterministic &&
    settings !== undefined &&
    text !== undefined &&
    text.identity === model.textIdentity;
  const isJieba = model.engine?.includes('jieba') ?? false;
  return (
    <>
      <Downloads />
      <Panel>
        <dl class="facts">
          <dt>{own.hash}</dt>
          <dd>
            <code class="hash">{model.hash ?? own.noHash}</code>
          </dd>
          <dt>safetensors</dt>
          <dd>{bytes(model.byteLength)}</dd>
        </dl>
      </Panel>
      {isSame ? (
        <>
          <Panel title={own.commandTitle}>
            <p>
              {own.whichText(textFileName(text))} {text.isPlainFile ? '' : own.sampleText}
            </p>
            {isJieba && <p class="notice">{own.otherSegmenter(model.engine ?? '')}</p>}
            {isJieba && <Code code={installLine()} name="install" />}
            <Code code={commandLine(settings, text)} name="command" />
          </Panel>
          <Panel title={own.codeTitle}>
            <Code code={typeScript(settings, text)} name="typescript" />
          </Panel>
        </>
      ) : (
        <p class="notice">{own.notDeterministic}</p>
      )}
      <Happened>{isSame && model.hash ? own.happened(model.hash.slice(0, 12)) : own.happenedOther}</Happened>
    </>
  );
}

function Downloads() {
  const own = useTexts().takeStep;
  const text = useStore((state) => state.text);
  const [lost, setLost] = useState<readonly string[]>([]);
  const save = (format: 'word2vec-binary' | 'word2vec-text', name: string) =>
    void attempt(async () => {
      const written = await engine.writeModel(format);
      setLost(written.lost);
      download(written.blob, name);
    });
  return (
    <Panel title={own.downloads}>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          onClick={() => void attempt(async () => download(await engine.modelFile(), 'model.safetensors'))}
        >
          {own.safetensors}
        </button>
        <button type="button" onClick={() => save('word2vec-binary', 'model.bin')}>
          {own.binary}
        </button>
        <button type="button" onClick={() => save('word2vec-text', 'model.vec')}>
          {own.text}
        </button>
        {text && (
          <button type="button" onClick={() => void attempt(async () => download(await engine.usedText(), 'text.txt'))}>
            {own.usedText}
          </button>
        )}
      </div>
      {lost.length > 0 && (
        <p class="note" role="status">
          {own.lost(lost.join('; '))}
        </p>
      )}
    </Panel>
  );
}

function Code({ code, name }: { code: string; name: string }) {
  const own = useTexts().takeStep;
  const [isCopied, setCopied] = useState(false);
  return (
    <div class="code">
      <pre tabIndex={0}>
        <code id={name}>{code}</code>
      </pre>
      <button
        type="button"
        onClick={() =>
          void attempt(async () => {
            await navigator.clipboard.writeText(code);
            setCopied(true);
          })
        }
      >
        {isCopied ? own.copied : own.copy}
      </button>
    </div>
  );
}
