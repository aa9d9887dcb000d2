/** The whole of the pages: who is there, and what is shown to them. */
import { Button } from "@patternfly/react-core";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Router } from "wouter";
import { type Api, ApiError } from "../data/api.ts";
import { ApiProvider } from "../data/context.tsx";
import type { Connection, Door } from "../data/door.ts";
import { closeFeeds } from "../data/feed.ts";
import { clearTasks } from "../data/tasks.ts";
import { ContextPicker } from "../part/ContextPicker.tsx";
import { Loading } from "../part/Loading.tsx";
import { useTranslation } from "../text/hook.ts";
import { ErrorFence } from "./ErrorFence.tsx";
import { useTexts } from "./language.ts";
import { lateCode } from "./late.ts";
import { fetchPage } from "./pages.ts";
import { splitAddress, useHashPath } from "./query.ts";
import { Shell } from "./Shell.tsx";
import { keepTheme } from "./theme.ts";

const Login = lateCode(() => import("./Login.tsx"), <Loading />);

type Stage =
  | { readonly at: "opening" }
  | { readonly at: "failed"; readonly error: Error }
  | { readonly at: "login" }
  | { readonly at: "lost"; readonly why: string }
  | { readonly at: "open"; readonly connection: Connection };

/** What `start` renders; `door` stays the same for as long as the page is there. */
export function App({ door }: { readonly door: Door }) {
  const ready = useTexts();
  const [stage, setStage] = useState<Stage>({ at: "opening" });
  const lastUser = useRef("");
  const lastApi = useRef<Api>(undefined);
  const enter = useCallback((connection: Connection) => {
    const { user } = connection.session;
    // What one user did is nothing for the next one's eyes.
    if (lastUser.current !== user) clearTasks();
    lastUser.current = user;
    if (lastApi.current !== undefined) closeFeeds(lastApi.current);
    lastApi.current = connection.api;
    setStage({ at: "open", connection });
  }, []);
  const open = useCallback(() => {
    setStage({ at: "opening" });
    openPage(door).then(
      (connection) => (connection === null ? setStage({ at: "login" }) : enter(connection)),
      (error: unknown) => setStage({ at: "failed", error: asError(error) }),
    );
  }, [door, enter]);
  useEffect(() => {
    keepTheme();
    door.onLost = (why) => setStage({ at: "lost", why });
    open();
  }, [door, open]);
  if (!ready) return null;
  return (
    <Router hook={useHashPath}>
      <ErrorFence>
        <Stages
          door={door}
          stage={stage}
          onOpen={open}
          onEnter={enter}
          onLeave={() => setStage({ at: "login" })}
        />
      </ErrorFence>
    </Router>
  );
}

/** Once it opens, the page's code is there as well: what stands around a page is drawn with it. */
async function openPage(door: Door): Promise<Connection | null> {
  const code = fetchPage(splitAddress(location.hash)[0]);
  const connection = await door.open();
  if (connection !== null) await code;
  return connection;
}

interface StagesProps {
  readonly door: Door;
  readonly stage: Stage;
  readonly onOpen: () => void;
  readonly onEnter: (connection: Connection) => void;
  readonly onLeave: () => void;
}

function Stages({ door, stage, onOpen, onEnter, onLeave }: StagesProps) {
  const { t } = useTranslation();
  switch (stage.at) {
    case "opening":
      return <Loading />;
    case "failed":
      return (
        <Alone title={t("The cluster cannot be reached.")} why={stage.error.message}>
          <ContextPicker contexts={door.contexts} />
          <Button onClick={onOpen}>{t("Try again")}</Button>
        </Alone>
      );
    case "lost":
    case "login":
      if (door.login === undefined) {
        return (
          <Alone title={t("The session has ended.")} why={stage.at === "lost" ? stage.why : ""}>
            <Button onClick={onOpen}>{t("Connect again")}</Button>
          </Alone>
        );
      }
      return (
        <Login
          door={door.login}
          lost={stage.at === "lost" ? stage.why : undefined}
          onOpen={onEnter}
        />
      );
    case "open": {
      const leave = stage.connection.session.logout;
      const logout = async () => {
        await leave?.();
        clearTasks();
        closeFeeds(stage.connection.api);
        onLeave();
      };
      return (
        <ApiProvider value={stage.connection}>
          <Shell onLogout={leave === undefined ? undefined : logout} />
        </ApiProvider>
      );
    }
  }
}

/** A page with nothing but a sentence, and a way on. */
function Alone(props: {
  readonly title: string;
  readonly why: string;
  readonly children: ReactNode;
}) {
  return (
    <main className="vp-alone">
      <div role="alert">
        <h1>{props.title}</h1>
        <p className="vp-words">{props.why}</p>
      </div>
      {props.children}
    </main>
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new ApiError(0, String(error));
}
