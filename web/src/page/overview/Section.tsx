/** A part of the overview under its own heading. */
import { type ReactNode, useId } from "react";

export interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  /** Takes the whole width of the page. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

export function Section({ title, note, isWide = false, children }: SectionProps) {
  const id = useId();
  return (
    <section className={isWide ? "vp-section vp-section-wide" : "vp-section"} aria-labelledby={id}>
      <h2 id={id} className="vp-section-title">
        {title}
      </h2>
      {note !== undefined && <p className="vp-dim">{note}</p>}
      {children}
    </section>
  );
}
