/** The search box: filters as text, with suggestions, and with what is wrong said below it. */
import {
  Button,
  HelperText,
  HelperTextItem,
  TextInputGroup,
  TextInputGroupMain,
  TextInputGroupUtilities,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import CloseIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { type KeyboardEvent, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Problem, parseFilter, tokenize } from "../../model/filter.ts";
import { formatNumber } from "../../model/quantity.ts";
import type { Row } from "../../model/row.ts";
import { type Suggestion, suggest } from "../../model/suggest.ts";
import { useTranslation } from "../../text/hook.ts";
import { explainProblem } from "./filterText.ts";

export interface SearchBoxProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** What suggestions are made from. */
  readonly rows: readonly Row[];
}

export function SearchBox({ text, onChange, rows }: SearchBoxProps) {
  const { t } = useTranslation();
  const id = useId();
  const box = useBox(text, onChange, rows);
  const problems = useProblems(text, box.caret);
  const label = t("Filter, such as web, status:running or label:app=web");
  return (
    <div className="vms-search">
      <TextInputGroup>
        <TextInputGroupMain
          icon={<SearchIcon />}
          innerRef={box.input}
          value={text}
          type="text"
          maxLength={500}
          aria-label={label}
          placeholder={t("Filter, such as status:running")}
          role="combobox"
          isExpanded={box.offers.length > 0}
          aria-controls={`${id}-offers`}
          aria-activedescendant={box.at < 0 ? undefined : `${id}-${box.at}`}
          inputProps={{
            "aria-autocomplete": "list",
            "aria-describedby": `${id}-problems`,
            "aria-invalid": problems.length > 0,
            autoComplete: "off",
            spellCheck: false,
          }}
          onChange={(event) => box.type(event.currentTarget as HTMLInputElement)}
          onBlur={box.onBlur}
          onClick={() => box.look()}
          onKeyDown={box.onKeyDown}
          onKeyUp={box.onKeyUp}
        />
        {text !== "" && (
          <TextInputGroupUtilities>
            <Button
              variant="plain"
              aria-label={t("Clear the filter")}
              icon={<CloseIcon />}
              onClick={box.clear}
            />
          </TextInputGroupUtilities>
        )}
      </TextInputGroup>
      <Offers id={id} offers={box.offers} at={box.at} onTake={box.take} />
      <HelperText id={`${id}-problems`} isLiveRegion className="vms-problems">
        {problems.map((problem) => (
          <HelperTextItem key={`${problem.why} ${problem.term}`} variant="error">
            {explainProblem(problem, t)}
          </HelperTextItem>
        ))}
      </HelperText>
    </div>
  );
}

interface OffersProps {
  readonly id: string;
  readonly offers: readonly Suggestion[];
  readonly at: number;
  readonly onTake: (offer: Suggestion) => void;
}

function Offers({ id, offers, at, onTake }: OffersProps) {
  const { t, i18n } = useTranslation();
  return (
    <div
      id={`${id}-offers`}
      role="listbox"
      aria-label={t("Suggestions")}
      className="vms-offers"
      hidden={offers.length === 0}
    >
      {offers.map((offer, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input
        // biome-ignore lint/a11y/useKeyWithClickEvents: so the keys are the input's
        <div
          key={offer.term}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          className="vms-offer"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(offer)}
        >
          <span className="vp-words">
            {offer.words !== "" && `${offer.words} `}
            <span className={offer.words === "" ? undefined : "vp-dim"}>{offer.term}</span>
          </span>
          {offer.count !== null && <span>{formatNumber(offer.count, i18n.language)}</span>}
        </div>
      ))}
    </div>
  );
}

/** Problems, but not with the term that is just being written. */
function useProblems(text: string, caret: number | null): readonly Problem[] {
  const { t } = useTranslation();
  return useMemo(() => {
    const { problems } = parseFilter(text, t);
    if (caret === null) return problems;
    const begun = tokenize(text).find(({ start, end }) => start < caret && caret <= end)?.text;
    return problems.filter(({ why, term }) => why === "field" || why === "many" || term !== begun);
  }, [text, caret, t]);
}

/** Caret, suggestions, and the keys that choose among them. */
function useBox(text: string, onChange: (text: string) => void, rows: readonly Row[]) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [closed, setClosed] = useState(false);
  const [at, setAt] = useState(-1);
  const offers = useMemo(
    () => (caret === null || closed ? [] : suggest(text, caret, rows, t)),
    [text, caret, closed, rows, t],
  );
  const put = useCaret(input, text);
  const look = () => {
    setCaret(input.current?.selectionStart ?? null);
    setClosed(false);
  };
  const type = (element: HTMLInputElement) => {
    onChange(element.value);
    setAt(-1);
    setClosed(endsTerm(element.value, element.selectionStart));
    setCaret(element.selectionStart);
  };
  const take = (offer: Suggestion) => {
    put(offer.caret);
    onChange(offer.text);
    setAt(-1);
    setClosed(endsTerm(offer.text, offer.caret));
    setCaret(offer.caret);
  };
  const clear = () => {
    onChange("");
    setCaret(0);
    setClosed(true);
    input.current?.focus();
  };
  const move = (by: number) => setAt(((offers.length + 1 + at + 1 + by) % (offers.length + 1)) - 1);
  const chosen = offers[at];
  const some = offers.length > 0;
  const onKeyDown = actOn({
    ArrowDown: some ? () => move(1) : look,
    ArrowUp: some ? () => move(-1) : undefined,
    Enter: chosen && (() => take(chosen)),
    Escape: some ? () => setClosed(true) : undefined,
  });
  const onKeyUp = (event: KeyboardEvent) => {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) look();
  };
  const onBlur = () => {
    setCaret(null);
    setAt(-1);
  };
  return { input, caret, offers, at, look, type, take, clear, onKeyDown, onKeyUp, onBlur };
}

/** Handles keys that have something to do; others go their way. */
function actOn(acts: Readonly<Record<string, (() => void) | undefined>>) {
  return (event: KeyboardEvent) => {
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
}

/** Behind a term nothing is offered unasked: what is found shows below. */
function endsTerm(text: string, caret: number | null): boolean {
  if (caret === null || caret === 0 || text[caret - 1] !== " ") return false;
  return tokenize(text.slice(0, caret)).at(-1)?.open !== true;
}

/** Puts the caret where a suggestion wants it, once its text is in the input. */
function useCaret(input: { readonly current: HTMLInputElement | null }, text: string) {
  const wanted = useRef<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the text that it waits for
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    input.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  }, [text, input]);
  return (caret: number) => {
    wanted.current = caret;
  };
}
