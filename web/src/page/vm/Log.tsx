/** What the guest wrote to its serial console: followed, searched, downloaded. */
import {
  Alert,
  Button,
  SearchInput,
  Switch,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import { useMemo, useState } from "react";
import { useApi } from "../../data/context.tsx";
import { runTask } from "../../data/tasks.ts";
import { findHits, MAX_HITS } from "../../model/log.ts";
import { Empty } from "../../part/Empty.tsx";
import { Loading } from "../../part/LiveGate.tsx";
import { Refusal } from "../../part/Refusal.tsx";
import { useTranslation } from "../../text/hook.ts";
import { downloadLog, type Followed } from "./followLog.ts";
import { LogView } from "./LogView.tsx";
import type { MachineProps } from "./Overview.tsx";
import { useLog } from "./useLog.ts";

export default function Log({ machine }: MachineProps) {
  const { t } = useTranslation();
  const followed = useLog(machine);
  const { namespace, name } = machine;
  if (followed === undefined) {
    return (
      <Empty title={t("There is no log now")}>
        {t("It begins when the guest starts, and is there until the next start.")}
      </Empty>
    );
  }
  if (followed.state === "refused" && followed.error !== undefined) {
    return <Refusal error={followed.error} title={t("The log cannot be shown.")} />;
  }
  if (followed.state === "loading") return <Loading />;
  return <Found followed={followed} namespace={namespace} name={name} />;
}

interface FoundProps {
  readonly followed: Followed;
  readonly namespace: string;
  readonly name: string;
}

function Found({ followed, namespace, name }: FoundProps) {
  const { t } = useTranslation();
  const { lines, dropped } = followed.log;
  const [word, setWord] = useState("");
  const [chosen, setChosen] = useState(0);
  const [follow, setFollow] = useState(true);
  const [times, setTimes] = useState(false);
  const hits = useMemo(() => findHits(lines, word), [lines, word]);
  const current = hits.length === 0 ? -1 : Math.min(chosen, hits.length - 1);
  const step = (by: number) => {
    if (hits.length === 0) return;
    setFollow(false);
    setChosen((current + by + hits.length) % hits.length);
  };
  const search = (next: string) => {
    setWord(next);
    setChosen(0);
    if (next !== "") setFollow(false);
  };
  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent alignItems="center">
          <ToolbarItem className="vp-log-search">
            <Search
              word={word}
              count={hits.length}
              current={current}
              onStep={step}
              onSearch={search}
            />
          </ToolbarItem>
          <ToolbarItem>
            <Switch label={t("Follow")} isChecked={follow} onChange={(_, on) => setFollow(on)} />
          </ToolbarItem>
          <ToolbarItem>
            <Switch label={t("Show times")} isChecked={times} onChange={(_, on) => setTimes(on)} />
          </ToolbarItem>
          <ToolbarItem>
            <Download namespace={namespace} name={name} />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <State followed={followed} />
      {dropped > 0 && (
        <p className="vp-vm-small">
          {t("{{count}} lines before these are not shown; the download has them.", {
            count: dropped,
          })}
        </p>
      )}
      <LogView
        lines={lines}
        hits={hits}
        current={current}
        follow={follow}
        times={times}
        onFollow={setFollow}
      />
    </>
  );
}

interface SearchProps {
  readonly word: string;
  readonly count: number;
  readonly current: number;
  readonly onStep: (by: number) => void;
  readonly onSearch: (word: string) => void;
}

/** Enter goes to the next hit, with Shift to the one before. */
function Search({ word, count, current, onStep, onSearch }: SearchProps) {
  const { t } = useTranslation();
  const more = count === MAX_HITS ? "+" : "";
  return (
    <SearchInput
      aria-label={t("Search in the log")}
      placeholder={t("Search in the log")}
      value={word}
      resultsCount={word === "" ? undefined : `${current + 1} / ${count}${more}`}
      resultsCountContext={t("hits")}
      onChange={(_, next) => onSearch(next)}
      onClear={() => onSearch("")}
      onNextClick={() => onStep(1)}
      onPreviousClick={() => onStep(-1)}
      nextNavigationButtonAriaLabel={t("Next hit")}
      previousNavigationButtonAriaLabel={t("Previous hit")}
      resetButtonLabel={t("Clear the search")}
      isNextNavigationButtonDisabled={count === 0}
      isPreviousNavigationButtonDisabled={count === 0}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        onStep(event.shiftKey ? -1 : 1);
      }}
    />
  );
}

function State({ followed: { state, error, log } }: { readonly followed: Followed }) {
  const { t } = useTranslation();
  if (state === "broken") {
    return (
      <Alert
        variant="warning"
        isInline
        component="p"
        title={t("The log broke off. It is asked for again.")}
      >
        <p className="vp-words">{error?.message}</p>
      </Alert>
    );
  }
  return (
    <p className="vp-vm-small" role="status">
      {state === "ended" ? t("The guest has ended; this was its log.") : null}
      {state === "following" && log.lines.length === 0
        ? t("The guest has written nothing yet.")
        : null}
    </p>
  );
}

function Download({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const { t } = useTranslation();
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    const object = { kind: "VirtualMachineInstance", namespace, name };
    try {
      const title = t("Download the log of {{name}}", { name });
      const blob = await runTask({ title, object }, () => downloadLog(api, namespace, name));
      saveFile(blob, `${name}.log`);
    } catch {
      // the task log has it
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="secondary" onClick={download} isDisabled={busy} isLoading={busy}>
      {t("Download")}
    </Button>
  );
}

function saveFile(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
