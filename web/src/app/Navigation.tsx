/** The pages, at the side; on a small screen behind a button. */

import { Link, useLocation } from "wouter";
import { useTranslation } from "../text/hook.ts";
import { PAGES } from "./pages.ts";

export interface NavigationProps {
  readonly id: string;
  readonly onGo: () => void;
}

export function Navigation({ id, onGo }: NavigationProps) {
  const { t } = useTranslation();
  const [path] = useLocation();
  return (
    <nav id={id} className="vp-nav" aria-label={t("Pages")}>
      <ul>
        {PAGES.map(({ path: each, entry }) => {
          if (entry === undefined) return null;
          const Icon = entry.icon;
          return (
            <li key={each}>
              <Link
                href={each}
                className="vp-nav-link"
                aria-current={isWithin(path, each) ? "page" : undefined}
                onClick={onGo}
              >
                <Icon />
                {entry.name(t)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Whether the path is the page's, or that of something in it. */
function isWithin(path: string, page: string): boolean {
  return path === page || (page !== "/" && path.startsWith(`${page}/`));
}
