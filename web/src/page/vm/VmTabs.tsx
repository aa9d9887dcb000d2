/** The tabs of a VM; each has an address of its own. */
import { Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { type ReactNode, useEffect } from "react";
import { lateCode } from "../../app/late.ts";
import { useGo, useHashPath, vmPath } from "../../app/query.ts";
import { MIGRATIONS, SNAPSHOTS, VMIS, VMS } from "../../data/resources.ts";
import type { Machine } from "../../model/machine.ts";
import { Empty } from "../../part/Empty.tsx";
import { Loading } from "../../part/LiveGate.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Bring } from "./Bring.tsx";
import { LateGraphicalConsole, LateSerialConsole } from "./console/LateConsole.tsx";
import { Disks } from "./Disks.tsx";
import { Events } from "./Events.tsx";
import { Networks } from "./Networks.tsx";
import { Overview } from "./Overview.tsx";
import { useServed } from "./useServed.ts";

const Yaml = lateCode(
  () => import("../../yaml/YamlTab.tsx").then((each) => ({ default: each.YamlTab })),
  <Loading />,
);
const Log = lateCode(() => import("./Log.tsx"), <Loading />);
const Metrics = lateCode(() => import("./Metrics.tsx"), <Loading />);
const Snapshots = lateCode(() => import("./Snapshots.tsx"), <Loading />);
const Migrations = lateCode(() => import("./Migrations.tsx"), <Loading />);

const PANEL = "vp-vm-panel";
/** What one looks at as a whole. */
const FILLING: ReadonlySet<string> = new Set(["screen", "console"]);

interface TabEntry {
  readonly key: string;
  readonly title: string;
  readonly show: (machine: Machine) => ReactNode;
}

/** Whether there are the parts that some clusters have; undefined: nobody has said yet. */
type Served = Readonly<Record<"snapshots" | "migrations", boolean | undefined>>;

function listTabs(t: TFunction, { snapshots, migrations }: Served): TabEntry[] {
  return [
    { key: "overview", title: t("Overview"), show: (machine) => <Overview machine={machine} /> },
    { key: "screen", title: t("Screen"), show: (machine) => <LateGraphicalConsole {...machine} /> },
    { key: "console", title: t("Console"), show: (machine) => <LateSerialConsole {...machine} /> },
    { key: "log", title: t("Log"), show: (machine) => <Log machine={machine} /> },
    { key: "metrics", title: t("Metrics"), show: (machine) => <Metrics machine={machine} /> },
    { key: "disks", title: t("Disks"), show: (machine) => <Disks machine={machine} /> },
    { key: "networks", title: t("Networks"), show: (machine) => <Networks machine={machine} /> },
    { key: "events", title: t("Events"), show: (machine) => <Events machine={machine} /> },
    { key: "yaml", title: t("YAML"), show: showYaml },
    ...(snapshots
      ? [
          {
            key: "snapshots",
            title: t("Snapshots"),
            show: (machine: Machine) => <Snapshots machine={machine} />,
          },
        ]
      : []),
    ...(migrations
      ? [
          {
            key: "migrations",
            title: t("Migrations"),
            show: (machine: Machine) => <Migrations machine={machine} />,
          },
        ]
      : []),
  ];
}

function showYaml({ vm, vmi }: Machine): ReactNode {
  if (vm !== undefined) return <Yaml object={vm} resource={VMS} />;
  return vmi === undefined ? null : <Yaml object={vmi} resource={VMIS} />;
}

interface VmTabsProps {
  readonly machine: Machine;
  readonly tab: string;
}

export function VmTabs({ machine, tab }: VmTabsProps) {
  const { t } = useTranslation();
  const go = useGo();
  const served: Served = { snapshots: useServed(SNAPSHOTS), migrations: useServed(MIGRATIONS) };
  const tabs = listTabs(t, served);
  const { namespace, name } = machine;
  const current = tabs.find((each) => each.key === tab);
  const count = tabs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: more tabs may have moved this one
  useEffect(() => {
    const link = document.getElementById(`pf-tab-${tab}-${tab}`);
    link?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab, count]);
  return (
    <>
      <Tabs
        activeKey={tab}
        onSelect={(event, key) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          go(vmPath(namespace, name, String(key)));
        }}
        aria-label={t("Parts of the virtual machine")}
        backScrollAriaLabel={t("Tabs before")}
        forwardScrollAriaLabel={t("Tabs after")}
      >
        {tabs.map((each) => (
          <Tab
            key={each.key}
            eventKey={each.key}
            id={each.key}
            href={useHashPath.hrefs?.(vmPath(namespace, name, each.key))}
            tabContentId={PANEL}
            title={<TabTitleText>{each.title}</TabTitleText>}
          />
        ))}
      </Tabs>
      <section
        id={PANEL}
        className="vp-vm-panel"
        role="tabpanel"
        aria-label={current?.title ?? t("Unknown")}
      >
        {current === undefined ? (
          <NoTab isPossible={tab in served && served[tab as keyof Served] === undefined} />
        ) : (
          current.show(machine)
        )}
        {FILLING.has(tab) && <Bring key={tab} id={PANEL} />}
      </section>
    </>
  );
}

/** In place of a part that is not there, or not yet known to be there. */
function NoTab({ isPossible }: { readonly isPossible: boolean }) {
  const { t } = useTranslation();
  if (isPossible) return <Loading />;
  return <Empty title={t("A virtual machine has no such part")} />;
}
