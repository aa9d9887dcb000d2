/** What stands around every page: masthead, navigation, and the log of what was started here. */
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useTranslation } from "../text/hook.ts";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { lateCode } from "./late.ts";
import { Masthead } from "./Masthead.tsx";
import { Navigation } from "./Navigation.tsx";
import { NewsBanner } from "./NewsBanner.tsx";
import { namePage, Pages } from "./Pages.tsx";
import { SessionBanner } from "./SessionBanner.tsx";
import { TaskLog } from "./TaskLog.tsx";

const KeyboardHelp = lateCode(() => import("./KeyboardHelp.tsx"));
const NAV = "vp-nav";

export interface ShellProps {
  readonly onLogout?: () => Promise<void>;
}

export function Shell(props: ShellProps) {
  const [path] = useLocation();
  // A console in a window of its own has the whole window.
  return path.startsWith("/console/") ? <Pages /> : <Frame {...props} />;
}

function Frame({ onLogout }: ShellProps) {
  const { t } = useTranslation();
  const [navOpen, setNavOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const page = namePage(useLocation()[0]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page begins at its top.
  useEffect(() => {
    // Browsers differ in what scrollTo returns: an effect must not.
    main.current?.scrollTo(0, 0);
  }, [page]);
  const closeNav = () => {
    setNavOpen(false);
    toggle.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears Escape from within.
    <div
      className="vp-shell"
      data-nav={navOpen ? "open" : "closed"}
      onKeyDown={({ key }) => navOpen && key === "Escape" && closeNav()}
    >
      {/* No link: the address behind the hash is the page's. */}
      <button type="button" className="vp-skip" onClick={() => main.current?.focus()}>
        {t("Skip to content")}
      </button>
      <Masthead
        nav={NAV}
        navOpen={navOpen}
        toggleRef={toggle}
        onToggle={() => setNavOpen(!navOpen)}
        onHelp={() => setHelp(true)}
        onLogout={onLogout}
      />
      <Navigation id={NAV} onGo={() => setNavOpen(false)} />
      <main
        className="vp-main"
        id="vp-main"
        tabIndex={-1}
        ref={main}
        onPointerDown={() => setNavOpen(false)}
      >
        <ConnectionBanner />
        <SessionBanner />
        <NewsBanner />
        <Pages />
      </main>
      <TaskLog />
      {help && <KeyboardHelp onClose={() => setHelp(false)} />}
    </div>
  );
}
