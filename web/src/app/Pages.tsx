/** The page that the address names. */
import { Route, Switch, useLocation } from "wouter";
import { ErrorFence } from "./ErrorFence.tsx";
import { Missing } from "./Missing.tsx";
import { PAGES } from "./pages.ts";

export function Pages() {
  const [path] = useLocation();
  return (
    <ErrorFence key={namePage(path)}>
      <Switch>
        {PAGES.map(({ path: each, component }) => (
          <Route key={each} path={each} component={component} />
        ))}
        <Route component={Missing} />
      </Switch>
    </ErrorFence>
  );
}

/** What stays the same on a page: three segments are a VM, what follows is a tab of its page. */
export function namePage(path: string): string {
  return path.split("/", 4).join("/");
}
