/** What every page has: a title, perhaps a way back, actions, and the focus when one comes to it. */
import { Breadcrumb, BreadcrumbItem, Title } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { useTranslation } from "../text/hook.ts";

export interface Crumb {
  readonly label: string;
  /** Path of a page, without the hash. */
  readonly href: string;
}

export interface PageFrameProps {
  readonly title: string;
  /** The pages above this one, outermost first. */
  readonly breadcrumb?: readonly Crumb[];
  /** Beside the title, such as a status. */
  readonly mark?: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** Sets the document's title, and moves the focus to the heading: screen readers read it then. */
export function PageFrame({ title, breadcrumb = [], mark, actions, children }: PageFrameProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · virtpod`;
  }, [title]);
  useEffect(() => takeFocus(heading.current), []);
  return (
    <>
      <div className="vp-page-head">
        {breadcrumb.length > 0 && (
          <Breadcrumb aria-label={t("You are here")}>
            {breadcrumb.map(({ label, href }) => (
              <BreadcrumbItem
                key={href}
                render={({ className }) => (
                  <Link href={href} className={className}>
                    {label}
                  </Link>
                )}
              />
            ))}
            <BreadcrumbItem isActive>{title}</BreadcrumbItem>
          </Breadcrumb>
        )}
        <div className="vp-page-title">
          <Title headingLevel="h1" ref={heading} tabIndex={-1} className="vp-heading vp-words">
            {title}
          </Title>
          {mark}
          {actions !== undefined && <div className="vp-page-actions">{actions}</div>}
        </div>
      </div>
      <div className="vp-page-body">{children}</div>
    </>
  );
}

/** Not at the first page: there the browser's own start is right. */
function takeFocus(heading: HTMLElement | null): void {
  if (arrived) heading?.focus({ preventScroll: true });
  arrived = true;
}
let arrived = false;
