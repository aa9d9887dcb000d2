/** A button that shows a box below it, until the focus leaves, Escape, or a click elsewhere. */
import { Button } from "@patternfly/react-core";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

export interface DisclosureProps {
  readonly label: string;
  readonly icon: ReactNode;
  /** Shown beside the icon where there is room. */
  readonly text?: string;
  readonly children: (close: () => void) => ReactNode;
}

export function Disclosure({ label, icon, text, children }: DisclosureProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node && place.current?.contains(target))) setOpen(false);
    };
    addEventListener("pointerdown", leave);
    addEventListener("focusin", leave);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("focusin", leave);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const hear = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears Escape from within.
    <div className="vp-disclosure" ref={place} onKeyDown={hear}>
      <Button
        ref={button}
        variant="plain"
        aria-label={text === undefined ? label : `${label}: ${text}`}
        aria-expanded={isOpen}
        aria-controls={`${id}-box`}
        icon={icon}
        onClick={() => setOpen(!isOpen)}
      >
        {text !== undefined && <span className="vp-wide vp-user">{text}</span>}
      </Button>
      <div className="vp-disclosure-box" id={`${id}-box`} hidden={!isOpen}>
        {isOpen && children(close)}
      </div>
    </div>
  );
}
