/** A mistake in a page stays in that page: the rest goes on, and one can try again. */
import { Button } from "@patternfly/react-core";
import { Component, type ReactNode, useEffect, useState } from "react";
import { readTasks } from "../data/tasks.ts";
import { Loading } from "../part/Loading.tsx";
import { PageFrame } from "../part/PageFrame.tsx";
import { useTranslation } from "../text/hook.ts";
import { CodeLoadError, isReplaced, mayRenew } from "./code.ts";

interface FenceState {
  readonly error: Error | null;
}

export class ErrorFence extends Component<{ readonly children: ReactNode }, FenceState> {
  override state: FenceState = { error: null };

  static getDerivedStateFromError(error: unknown): FenceState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    if (error instanceof CodeLoadError) return <Unloaded error={error} />;
    return <Broken error={error} onAgain={() => this.setState({ error: null })} />;
  }
}

function Broken({ error, onAgain }: { readonly error: Error; readonly onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <PageFrame
      title={t("This page broke")}
      actions={<Button onClick={onAgain}>{t("Try again")}</Button>}
    >
      <p>{t("The other pages still work. What went wrong:")}</p>
      <pre className="vp-words">{error.message}</pre>
    </PageFrame>
  );
}

/** What could not be loaded is asked for again by a new start only: React remembers. */
function Unloaded({ error }: { readonly error: Error }) {
  const { t } = useTranslation();
  const replaced = useReplaced();
  if (replaced === null) return <Loading />;
  if (replaced) {
    return (
      <PageFrame
        title={t("There is a new version of these pages")}
        actions={<Button onClick={() => location.reload()}>{t("Load it")}</Button>}
      >
        <p>{t("This page was not loaded before the old version was taken away.")}</p>
        <p>{t("You stay logged in; the list of tasks begins anew.")}</p>
      </PageFrame>
    );
  }
  return (
    <PageFrame
      title={t("This page could not be loaded")}
      actions={<Button onClick={() => location.reload()}>{t("Try again")}</Button>}
    >
      <p>{t("The other pages still work. What went wrong:")}</p>
      <pre className="vp-words">{error.message}</pre>
    </PageFrame>
  );
}

/**
 * Whether a newer version is served; null until it is known. The newer one is loaded at once where
 * nothing is lost by it: the page is not there any more, and nothing that was started still runs.
 */
function useReplaced(): boolean | null {
  const [replaced, setReplaced] = useState<boolean | null>(null);
  useEffect(() => {
    let here = true;
    isReplaced().then((answer) => {
      if (!here) return;
      const busy = readTasks().some(({ state }) => state === "running");
      if (answer && !busy && mayRenew()) location.reload();
      else setReplaced(answer);
    });
    return () => {
      here = false;
    };
  }, []);
  return replaced;
}
