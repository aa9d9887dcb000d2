/** The top of all pages: where one is, where one looks, whom one is. */
import { Button } from "@patternfly/react-core";
import BarsIcon from "@patternfly/react-icons/dist/esm/icons/bars-icon";
import { type RefObject, useRef } from "react";
import { Link } from "wouter";
import { useSession } from "../data/context.tsx";
import type { Deed } from "../model/shortcut.ts";
import { useTranslation } from "../text/hook.ts";
import { NamespacePicker } from "./NamespacePicker.tsx";
import { useGo } from "./query.ts";
import { SearchBox } from "./SearchBox.tsx";
import { useHomeNamespace, useScope } from "./scope.ts";
import { TASK_LOG } from "./setting.ts";
import { EMBEDDED } from "./theme.ts";
import { UserMenu } from "./UserMenu.tsx";
import { useShortcuts } from "./useShortcuts.ts";

export interface MastheadProps {
  /** Id of the navigation that its button opens. */
  readonly nav: string;
  readonly navOpen: boolean;
  readonly toggleRef: RefObject<HTMLButtonElement | null>;
  readonly onToggle: () => void;
  readonly onHelp: () => void;
  readonly onLogout?: () => Promise<void>;
}

export function Masthead({ nav, navOpen, toggleRef, onToggle, onHelp, onLogout }: MastheadProps) {
  const { t } = useTranslation();
  const search = useRef<HTMLInputElement>(null);
  const namespace = useRef<HTMLInputElement>(null);
  const scope = useScope();
  const go = useGo();
  useHomeNamespace(scope);
  useShortcuts((deed: Deed) => {
    if (deed.kind === "go") go(deed.path);
    if (deed.kind === "search") search.current?.focus();
    if (deed.kind === "namespace") namespace.current?.focus();
    if (deed.kind === "help") onHelp();
    if (deed.kind === "tasks") TASK_LOG.set(TASK_LOG.read() === "open" ? "closed" : "open");
  });
  return (
    <header className="vp-masthead">
      <Button
        ref={toggleRef}
        variant="plain"
        className="vp-nav-toggle"
        aria-label={t("Pages")}
        aria-expanded={navOpen}
        aria-controls={nav}
        icon={<BarsIcon />}
        onClick={onToggle}
      />
      {!EMBEDDED && <Brand />}
      <NamespacePicker scope={scope} inputRef={namespace} />
      <SearchBox inputRef={search} />
      <UserMenu onHelp={onHelp} onLogout={onLogout} />
    </header>
  );
}

function Brand() {
  const { cluster } = useSession();
  return (
    <Link href="/" className="vp-brand">
      <strong>virtpod</strong>
      {cluster ? <span className="vp-cluster">{cluster}</span> : null}
    </Link>
  );
}
