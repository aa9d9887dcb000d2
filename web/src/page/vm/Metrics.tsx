/** What the VM uses: charts of the last ten minutes, and what it has used in all. */
import { Alert } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useMemo } from "react";
import type { Metrics as Sample } from "../../model/kubevirt.ts";
import { isRunning } from "../../model/machine.ts";
import { formatBytes } from "../../model/quantity.ts";
import { type Reading, readSamples } from "../../model/sample.ts";
import { Empty } from "../../part/Empty.tsx";
import { Loading } from "../../part/LiveGate.tsx";
import { Refusal } from "../../part/Refusal.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Chart } from "./Chart.tsx";
import type { MachineProps } from "./Overview.tsx";
import { useSamples } from "./useSamples.ts";

export default function Metrics({ machine }: MachineProps) {
  const { t } = useTranslation();
  const runs = isRunning(machine);
  const { samples, error } = useSamples(machine, runs);
  const last = samples.at(-1);
  if (last === undefined) {
    if (!runs) return <Empty title={t("The virtual machine uses nothing: it does not run")} />;
    if (error === undefined) return <Loading />;
    return <Refusal error={error} title={t("There are no metrics.")} />;
  }
  return (
    <>
      {error !== undefined && (
        <Alert
          variant="warning"
          isInline
          component="p"
          title={t("No new metrics have come. They are asked for again.")}
        >
          <p className="vp-words">{error.message}</p>
        </Alert>
      )}
      <Charts samples={samples} now={Date.parse(last.time)} />
      <Totals last={last} />
    </>
  );
}

interface ChartsProps {
  readonly samples: readonly Sample[];
  readonly now: number;
}

function Charts({ samples, now }: ChartsProps) {
  const { t, i18n } = useTranslation();
  const readings = useMemo(() => readSamples(samples), [samples]);
  const pick = (read: (reading: Reading) => number | null) =>
    readings.map((each) => ({ time: each.time, value: read(each) }));
  const bytes = (value: number) => formatBytes(value, i18n.language);
  const rate = (value: number) => t("{{size}}/s", { size: bytes(value) });
  const share = new Intl.NumberFormat(i18n.language, {
    style: "percent",
    maximumFractionDigits: 0,
  });
  const memory = samples.at(-1)?.memory.bytes ?? 0;
  const vcpus = samples.at(-1)?.vcpus ?? 0;
  return (
    <div className="vp-vm-charts">
      <Chart
        title={t("CPU, of {{count}} vCPUs", { count: vcpus })}
        series={[{ name: t("Used"), points: pick((each) => each.cpu) }]}
        now={now}
        least={1}
        base={10}
        format={(value) => share.format(value)}
      />
      <Chart
        title={t("Memory, of {{size}}", { size: bytes(memory) })}
        series={[
          { name: t("Used by the guest"), points: pick((each) => each.memoryUsed) },
          { name: t("Taken from the node"), points: pick((each) => each.memoryResident) },
        ]}
        now={now}
        least={Math.max(1, memory)}
        base={2}
        format={bytes}
      />
      <Chart
        title={t("Disks")}
        series={[
          { name: t("Read"), points: pick((each) => each.read) },
          { name: t("Written"), points: pick((each) => each.written) },
        ]}
        now={now}
        least={1024}
        base={2}
        format={rate}
      />
      <Chart
        title={t("Network")}
        series={[
          { name: t("Received"), points: pick((each) => each.received) },
          { name: t("Sent"), points: pick((each) => each.sent) },
        ]}
        now={now}
        least={1024}
        base={2}
        format={rate}
      />
    </div>
  );
}

/** Since qemu's start. */
function Totals({ last }: { readonly last: Sample }) {
  const { t, i18n } = useTranslation();
  const bytes = (value: number) => formatBytes(value, i18n.language);
  const lines = [
    ...last.disks.map((each) => ({
      key: `disk ${each.name}`,
      name: t("Disk {{name}}", { name: each.name }),
      taken: bytes(each.readBytes),
      given: bytes(each.writtenBytes),
    })),
    ...last.interfaces.map((each) => ({
      key: `network ${each.name}`,
      name: t("Network {{name}}", { name: each.name }),
      taken: bytes(each.receivedBytes),
      given: bytes(each.sentBytes),
    })),
  ];
  const { serial, vnc } = last.viewers;
  return (
    <section aria-label={t("Since the start")}>
      {lines.length > 0 && (
        <Table aria-label={t("Since the start")} variant="compact">
          <Thead>
            <Tr>
              <Th>{t("Since the start")}</Th>
              <Th>{t("Read or received")}</Th>
              <Th>{t("Written or sent")}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {lines.map((each) => (
              <Tr key={each.key}>
                <Td dataLabel={t("Since the start")} modifier="breakWord">
                  {each.name}
                </Td>
                <Td dataLabel={t("Read or received")}>
                  <bdi>{each.taken}</bdi>
                </Td>
                <Td dataLabel={t("Written or sent")}>
                  <bdi>{each.given}</bdi>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      <p className="vp-vm-small">
        {t("{{count}} viewers of the serial console", { count: serial })}
        {" · "}
        {t("{{count}} viewers of the screen", { count: vnc })}
      </p>
    </section>
  );
}
