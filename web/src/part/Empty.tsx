/** Nothing to show, said in words, with what one can do about it. */
import { EmptyState, EmptyStateBody } from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import type { ReactNode } from "react";

export interface EmptyProps {
  readonly title: string;
  /** What to do next; text and buttons. */
  readonly children?: ReactNode;
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <EmptyState titleText={title} headingLevel="h2" icon={CubesIcon} variant="sm">
      {children !== undefined && <EmptyStateBody>{children}</EmptyStateBody>}
    </EmptyState>
  );
}
