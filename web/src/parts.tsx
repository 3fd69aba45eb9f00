// Small parts that several steps are made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { goTo } from './actions.ts';
import { bytes, type Texts, useTexts } from './language/languages.ts';
import { setState, type Trouble, useStore } from './state.ts';

export function Panel({
  title,
  children,
  className = '',
}: {
  title?: string;
  children: ComponentChildren;
  className?: string;
}) {
  return (
    <section class={`panel ${className}`} aria-label={title}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  );
}

/** What may be wider than a phone; it is reached by keys, too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** What a step says of what just happened; read out when it changes. */
export function Happened({ children }: { children: ComponentChildren }) {
  const texts = useTexts();
  return (
    <p class="happened" role="status">
      <span class="happened-label">{texts.happened}</span> {children}
    </p>
  );
}

export function Field({
  label,
  children,
  note,
  className = '',
}: {
  label: string;
  children: (id: string) => ComponentChildren;
  note?: ComponentChildren;
  className?: string;
}) {
  const id = useId();
  return (
    <div class={`field ${className}`}>
      <label for={id}>{label}</label>
      {children(id)}
      {note !== undefined && <span class="note">{note}</span>}
    </div>
  );
}

/** A button that opens files; its words are of the page's language, which those of the browser's own button are not. */
export function FilePicker({
  label,
  accept,
  isFolder = false,
  note,
  onFiles,
}: {
  label: string;
  accept?: string;
  isFolder?: boolean;
  note?: ComponentChildren;
  /** At least one. */
  onFiles: (files: readonly File[]) => void;
}) {
  const texts = useTexts();
  return (
    <Field label={label} note={note} className="file">
      {(id) => (
        <span class="file-button">
          <span aria-hidden="true">{isFolder ? texts.chooseFolder : texts.chooseFile}</span>
          <input
            id={id}
            type="file"
            {...(accept === undefined ? {} : { accept })}
            {...(isFolder ? { webkitdirectory: true } : {})}
            onChange={({ currentTarget }) => {
              const files = [...(currentTarget.files ?? [])];
              if (files.length > 0) onFiles(files);
              currentTarget.value = '';
            }}
          />
        </span>
      )}
    </Field>
  );
}

export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}) {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}>
          {options.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Slider({
  label,
  value,
  minimum,
  maximum,
  step = 1,
  shown = String(value),
  onChange,
}: {
  label: string;
  value: number;
  minimum: number;
  maximum: number;
  step?: number;
  shown?: string;
  onChange: (value: number) => void;
}) {
  return (
    <Field label={label} className="slider" note={<output>{shown}</output>}>
      {(id) => (
        <input
          id={id}
          type="range"
          min={minimum}
          max={maximum}
          step={step}
          value={value}
          aria-valuetext={shown}
          onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
        />
      )}
    </Field>
  );
}

/**
 * A field for one number. While it is typed into, the text stays as it is typed: to write a number back that is read of half of it ("0" of
 * "0.05") would change what comes next. Told when it holds a number within the range.
 */
export function NumberInput({
  label,
  value,
  step,
  most = 1e6,
  onNumber,
}: {
  label: string;
  value: number;
  step: number;
  most?: number;
  onNumber: (value: number) => void;
}) {
  const [typed, setTyped] = useState<string | undefined>(undefined);
  return (
    <input
      type="number"
      step={step}
      aria-label={label}
      value={typed ?? value}
      onInput={({ currentTarget }) => {
        setTyped(currentTarget.value);
        const number = currentTarget.valueAsNumber;
        if (Number.isFinite(number) && Math.abs(number) <= most) onNumber(number);
      }}
      onBlur={() => setTyped(undefined)}
    />
  );
}

/** A field for a number that may be left empty; what is out of its range is not told on, and the field says what is used in its place. */
export function NumberField({
  label,
  value,
  minimum,
  maximum,
  placeholder = '',
  isWhole = true,
  onChange,
}: {
  label: string;
  value: number | undefined;
  minimum: number;
  maximum: number;
  placeholder?: string;
  isWhole?: boolean;
  onChange: (value: number | undefined) => void;
}) {
  const texts = useTexts();
  const [isWrong, setWrong] = useState(false);
  // As in NumberInput.
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const before = useRef(value);
  const read = ({ value: text, validity }: HTMLInputElement) => {
    const number = Number(text);
    const fits =
      text === ''
        ? placeholder !== '' && !validity.badInput
        : number >= minimum && number <= maximum && (!isWhole || Number.isInteger(number));
    setTyped(text);
    setWrong(!fits);
    // The 50 that 500 begins with is not what was meant.
    if (!fits) onChange(before.current);
    else onChange(text === '' ? undefined : number);
  };
  const range = isWhole ? texts.wholeRange : texts.range;
  return (
    <Field label={label}>
      {(id) => (
        <>
          <input
            id={id}
            type="number"
            min={minimum}
            max={maximum}
            step={isWhole ? 1 : 'any'}
            value={typed ?? value ?? ''}
            placeholder={placeholder}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? `${id}-range` : undefined}
            onFocus={() => {
              before.current = value;
            }}
            onInput={({ currentTarget }) => read(currentTarget)}
            onBlur={() => {
              if (!isWrong) setTyped(undefined);
            }}
          />
          {isWrong && (
            <span id={`${id}-range`} class="wrong" role="alert">
              {range(String(minimum), String(maximum), value === undefined ? placeholder : String(value))}
            </span>
          )}
        </>
      )}
    </Field>
  );
}

/** Buttons of which one is on. */
export function Switch<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}) {
  const name = useId();
  return (
    <fieldset class="switch">
      <legend>{label}</legend>
      {options.map(([option, text]) => (
        <label key={option} class={option === value ? 'on' : ''}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** A bar of a share, with a darker part in it. */
export function Bar({ share, inner, className = '' }: { share: number; inner?: number; className?: string }) {
  const width = (part: number) => `${(100 * Math.max(0, Math.min(1, part))).toFixed(2)}`;
  return (
    <svg class={`bar ${className}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-all" width={width(share)} height="8" />
      {inner !== undefined && <rect class="bar-inner" width={width(inner)} height="8" />}
    </svg>
  );
}

/** A form of one line. */
export function Ask({
  label,
  button,
  initial,
  onAsk,
  list,
}: {
  label: string;
  button: string;
  initial: string;
  onAsk: (text: string) => void;
  list?: readonly string[];
}) {
  const [text, setText] = useState(initial);
  useEffect(() => setText(initial), [initial]);
  const listId = useId();
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onAsk(text.trim());
      }}
    >
      <Field label={label}>
        {(id) => (
          <input
            id={id}
            type="text"
            value={text}
            list={list && listId}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        )}
      </Field>
      {list && (
        <datalist id={listId}>
          {list.map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
      <button type="submit">{button}</button>
    </form>
  );
}

export function NeedText() {
  const texts = useTexts();
  return (
    <Panel>
      <p>{texts.needText}</p>
      <button type="button" onClick={() => goTo('words')}>
        {texts.toFirst}
      </button>
    </Panel>
  );
}

/** What is asked here is the model, of whatever text stands in step 1 by now. */
export function OtherText() {
  const texts = useTexts();
  const isOther = useStore(
    ({ model, text }) =>
      model?.textIdentity !== undefined && text !== undefined && model.textIdentity !== text.identity,
  );
  return isOther ? <p class="notice">{texts.otherText}</p> : null;
}

export function NeedModel() {
  const texts = useTexts();
  return (
    <Panel>
      <p>{texts.needModel}</p>
      <button type="button" onClick={() => goTo('train')}>
        {texts.toTrain}
      </button>
    </Panel>
  );
}

/** A fault as a sentence; what wordkin says, it says in its own words. */
export function troubleText({ faults }: Texts, { fault, facts, message }: Trouble): string {
  const text = (name: string) => String(facts[name] ?? '');
  switch (fault) {
    case 'empty-text':
      return faults['empty-text'](text('name'));
    case 'not-text':
      return faults['not-text'](text('name'), text('detail'));
    case 'no-field':
      return faults['no-field'](text('name'), text('field'), text('fields'));
    case 'no-model':
      return faults['no-model'];
    case 'no-text':
      return faults['no-text'];
    case 'storage-full':
      return faults['storage-full'];
    case 'storage-failed':
      return faults['storage-failed'](text('detail'));
    case 'no-database':
      return faults['no-database'](text('detail'));
    case 'other-host':
      return faults['other-host'](text('host'));
    case 'engine-failed':
      return faults['engine-failed'](text('detail'));
    case 'model-too-large':
      return faults['model-too-large'](text('name'), bytes(Number(facts.byteLength)));
    case 'few-words':
      return faults['few-words'](text('name'));
    case 'no-fourth-word':
      return faults['no-fourth-word'];
    case 'is-training':
      return faults['is-training'];
    default:
      return message;
  }
}

export function TroubleLine() {
  const texts = useTexts();
  const trouble = useStore((state) => state.trouble);
  return (
    <div class="trouble-place" role="alert">
      {trouble && (
        <p class="trouble">
          <span>{troubleText(texts, trouble)}</span>
          <button
            type="button"
            class="plain"
            aria-label={texts.dismiss}
            onClick={() => setState({ trouble: undefined })}
          >
            ×
          </button>
        </p>
      )}
    </div>
  );
}
