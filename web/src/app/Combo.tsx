/**
 * A text field with suggestions below it: the pattern "editable combobox with list autocomplete" of
 * the ARIA Authoring Practices. The focus stays in the field; arrows choose, Enter takes, Escape
 * closes.
 */
import {
  type InputHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";

export interface Choice {
  /** What is given to onTake; of each choice another one. */
  readonly key: string;
  readonly label: ReactNode;
}

export interface ComboProps {
  /** The field's accessible name. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly placeholder: string;
  /** What stands in the field. */
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isOpen: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly choices: readonly Choice[];
  /** Said below the choices, and by screen readers: how many there are, or why none. */
  readonly note?: string;
  readonly onTake: (key: string) => void;
  /** Enter without a choice; without it the first choice is taken. */
  readonly onFree?: (text: string) => void;
  readonly inputRef?: RefObject<HTMLInputElement | null>;
  readonly className?: string;
  readonly field?: InputHTMLAttributes<HTMLInputElement>;
}

export function Combo(props: ComboProps) {
  const { label, icon, placeholder, text, isOpen, choices, note, onOpen, className = "" } = props;
  const id = useId();
  const [marked, setMarked] = useState(-1);
  const own = useRef<HTMLInputElement>(null);
  const at = Math.min(marked, choices.length - 1);
  const current = isOpen ? choices[at] : undefined;
  const close = () => {
    setMarked(-1);
    onOpen(false);
  };
  const take = (key: string) => {
    close();
    props.onTake(key);
  };
  const act = chooseAct({ ...props, at, setMarked, close, take });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears that the focus has left.
    <div
      className={`vp-combo ${className}`}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) close();
      }}
    >
      <span className="vp-combo-icon" aria-hidden>
        {icon}
      </span>
      <input
        {...props.field}
        ref={props.inputRef ?? own}
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={current === undefined ? undefined : `${id}-${at}`}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={text}
        onChange={({ target }) => {
          setMarked(-1);
          props.onText(target.value);
          onOpen(true);
        }}
        onClick={() => onOpen(true)}
        onKeyDown={act}
      />
      <Choices {...props} id={id} at={at} onTake={take} />
    </div>
  );
}

interface ChoicesProps extends ComboProps {
  readonly id: string;
  /** Which one is marked; negative: none. */
  readonly at: number;
}

function Choices({ id, at, label, isOpen, choices, note, onTake }: ChoicesProps) {
  const list = useRef<HTMLDivElement>(null);
  const marked = isOpen ? choices[at]?.key : undefined;
  useEffect(() => {
    if (marked === undefined) return;
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [marked]);
  return (
    <div className="vp-combo-box" hidden={!isOpen} ref={list}>
      <div role="listbox" id={`${id}-list`} aria-label={label}>
        {isOpen &&
          choices.map((each, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's.
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field.
            <div
              key={each.key}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              className="vp-combo-choice"
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => onTake(each.key)}
            >
              {each.label}
            </div>
          ))}
      </div>
      <p id={`${id}-note`} className="vp-combo-note" role="status">
        {isOpen ? note : ""}
      </p>
    </div>
  );
}

interface Acting extends ComboProps {
  readonly at: number;
  readonly setMarked: (at: number) => void;
  readonly close: () => void;
  readonly take: (key: string) => void;
}

/** What a key in the field does. */
function chooseAct({ at, choices, isOpen, text, ...act }: Acting) {
  const step = (by: number) => {
    if (!isOpen) act.onOpen(true);
    else if (choices.length > 0) act.setMarked((at + by + choices.length) % choices.length);
  };
  const enter = () => {
    const choice = choices[at] ?? (act.onFree === undefined ? choices[0] : undefined);
    if (isOpen && choice !== undefined) return act.take(choice.key);
    act.close();
    act.onFree?.(text);
  };
  const keys = new Map([
    ["ArrowDown", () => step(1)],
    ["ArrowUp", () => step(at < 0 ? 0 : -1)],
    ["Enter", enter],
    ["Escape", act.close],
  ]);
  return (event: KeyboardEvent) => {
    const deed = keys.get(event.key);
    if (deed === undefined || event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && !isOpen) return;
    event.preventDefault();
    deed();
  };
}
