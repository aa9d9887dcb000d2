/** What the user started here and what became of it: a bar at the bottom, always in sight. */
import { Button, Spinner } from "@patternfly/react-core";
import DownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import UpIcon from "@patternfly/react-icons/dist/esm/icons/angle-up-icon";
import DoneIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import FailedIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import { Link } from "wouter";
import { isOpen, type Task, useTasks } from "../data/tasks.ts";
import { formatDuration } from "../model/time.ts";
import { When } from "../part/When.tsx";
import { useTranslation } from "../text/hook.ts";
import { Departures } from "./Departures.tsx";
import { vmPath } from "./query.ts";
import { TASK_LOG, useSetting } from "./setting.ts";

/** So many are shown; the store keeps more than anybody reads. */
const MOST = 100;

export function TaskLog() {
  const { t } = useTranslation();
  const tasks = useTasks();
  const [chosen, choose] = useSetting(TASK_LOG);
  const isShown = chosen === "open";
  return (
    <section className="vp-tasks" aria-label={t("Tasks")}>
      <div className="vp-tasks-bar">
        <Button
          variant="plain"
          size="sm"
          icon={isShown ? <DownIcon /> : <UpIcon />}
          aria-expanded={isShown}
          aria-controls="vp-tasks-list"
          onClick={() => choose(isShown ? "closed" : "open")}
        >
          {t("Tasks")}
        </Button>
        <Counts tasks={tasks} />
        <Newest task={tasks[0]} />
      </div>
      <div id="vp-tasks-list" className="vp-tasks-list" hidden={!isShown}>
        {isShown && <TaskTable tasks={tasks.slice(0, MOST)} />}
      </div>
      <Departures tasks={tasks} />
    </section>
  );
}

function Counts({ tasks }: { readonly tasks: readonly Task[] }) {
  const { t } = useTranslation();
  const running = tasks.filter(isOpen).length;
  const failed = tasks.filter(({ state }) => state === "failed").length;
  return (
    <>
      {running > 0 && <span>{t("{{count}} running", { count: running })}</span>}
      {failed > 0 && <span className="vp-bad">{t("{{count}} failed", { count: failed })}</span>}
    </>
  );
}

/** The last one that was started; said aloud when it begins and ends. */
function Newest({ task }: { readonly task: Task | undefined }) {
  const { t } = useTranslation();
  return (
    <p className="vp-tasks-newest" role="status">
      {task === undefined ? (
        <span className="vp-dim">{t("Nothing was started here yet")}</span>
      ) : (
        <>
          <Mark state={task.state} /> {task.title}
          <Waiting state={task.state} />
        </>
      )}
    </p>
  );
}

function Mark({ state }: Pick<Task, "state">) {
  const { t } = useTranslation();
  if (state === "waiting") return <Spinner isInline aria-hidden />;
  if (state === "running") return <Spinner isInline aria-label={t("Running")} />;
  const done = state === "done";
  return (
    <span
      className={done ? "vp-good" : "vp-bad"}
      role="img"
      aria-label={done ? t("Done") : t("Failed")}
    >
      {done ? <DoneIcon /> : <FailedIcon />}
    </span>
  );
}

/** What the API has said yes to, and is not done. */
function Waiting({ state }: Pick<Task, "state">) {
  const { t } = useTranslation();
  if (state !== "waiting") return null;
  return (
    <>
      {" "}
      <span className="vp-dim">({t("deleting")})</span>
    </>
  );
}

function TaskTable({ tasks }: { readonly tasks: readonly Task[] }) {
  const { t } = useTranslation();
  if (tasks.length === 0) {
    return (
      <p className="vp-dim">
        {t("What you start on these pages is listed here until you leave them.")}
      </p>
    );
  }
  return (
    <table className="vp-tasks-table">
      <caption className="pf-v6-screen-reader">{t("Tasks, newest first")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("Task")}</th>
          <th scope="col">{t("Object")}</th>
          <th scope="col">{t("Started")}</th>
          <th scope="col">{t("Took")}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </tbody>
    </table>
  );
}

function TaskRow({ task }: { readonly task: Task }) {
  const { i18n } = useTranslation();
  const { title, state, started, ended, error } = task;
  return (
    <tr>
      <td>
        <Mark state={state} /> {title}
        <Waiting state={state} />
        {error !== undefined && <p className="vp-bad vp-words">{error.message}</p>}
      </td>
      <td>
        <ObjectLink object={task.object} />
      </td>
      <td>
        <When time={started} />
      </td>
      <td>
        {ended !== undefined && formatDuration(ended.getTime() - started.getTime(), i18n.language)}
      </td>
    </tr>
  );
}

function ObjectLink({ object }: Pick<Task, "object">) {
  if (object === undefined) return null;
  const { kind, namespace, name } = object;
  const whole = namespace === undefined ? name : `${namespace}/${name}`;
  const hasPage = kind === "VirtualMachine" || kind === "VirtualMachineInstance";
  if (namespace === undefined || !hasPage) return <>{whole}</>;
  return <Link href={vmPath(namespace, name)}>{whole}</Link>;
}
